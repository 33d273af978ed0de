package io.capoflow.models.learning;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.learning.ObjectiveSettings.KlEstimator;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.TensorDigest;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.ToDoubleBiFunction;

/**
 * Trains a policy on credited rollouts: a mini-batch's gradient is gathered from its parts, then
 * applied.
 *
 * <pre>{@code
 * float[][] old = learner.logProbabilities(miniBatch);         // before the first step
 * float[][] reference = learner.referenceLogProbabilities(miniBatch);
 * learner.accumulate(miniBatch, old, reference, rollouts);
 * UpdateStatistics statistics = learner.apply(schedule.rate(learner.steps()));
 * }</pre>
 *
 * <p>Changes the policy's weights in place. A learner and its models are for one thread at a time;
 * it computes with as many as its {@link PartSettings} say, which changes the time and never a bit.
 * The models stay the caller's: closing the learner closes neither.
 */
public final class PolicyLearner implements AutoCloseable {
  private final CausalLm policy;
  private final Optional<CausalLm> reference;
  private final ObjectiveSettings objective;
  private final Layout layout;
  private final ComputeSettings compute;
  private final PartSettings parts;
  private final AdamW optimizer;
  private final PartGradients gradients;
  private Sums sums = new Sums();

  /** Computes as {@link ComputeSettings#STANDARD} and {@link PartSettings#STANDARD} say. */
  public PolicyLearner(
      CausalLm policy,
      Optional<CausalLm> reference,
      ObjectiveSettings objective,
      AdamWSettings optimizer,
      Layout layout,
      Optional<OptimizerState> state) {
    this(
        policy,
        reference,
        objective,
        optimizer,
        layout,
        ComputeSettings.STANDARD,
        PartSettings.STANDARD,
        state);
  }

  /**
   * @param reference π_ref, where this learner is asked for its log-probabilities
   * @param state where to go on from; empty starts afresh
   * @throws io.capoflow.schemas.UserMistake when the state does not fit the policy, or the policy's
   *     weights are narrower than float32
   */
  public PolicyLearner(
      CausalLm policy,
      Optional<CausalLm> reference,
      ObjectiveSettings objective,
      AdamWSettings optimizer,
      Layout layout,
      ComputeSettings compute,
      PartSettings parts,
      Optional<OptimizerState> state) {
    this.policy = requireNonNull(policy, "policy");
    this.reference = requireNonNull(reference, "reference");
    this.objective = requireNonNull(objective, "objective");
    this.layout = requireNonNull(layout, "layout");
    this.compute = requireNonNull(compute, "compute").of(policy);
    this.parts = requireNonNull(parts, "parts");
    this.optimizer = new AdamW(policy, requireNonNull(optimizer, "optimizer"), state);
    this.gradients = new PartGradients(policy, this.optimizer, objective, this.compute, this.parts);
  }

  /**
   * log π_θ of each response token under the tempered, untruncated distribution, by the same
   * forward as training, in the parts of {@link #accumulate}.
   *
   * @return one array a sequence, one number a response token
   */
  public float[][] logProbabilities(List<TrainingSequence> miniBatch) {
    return logProbabilities(policy, miniBatch);
  }

  /** The same of the reference; no arrays at all where there is none. */
  public float[][] referenceLogProbabilities(List<TrainingSequence> miniBatch) {
    return reference.map(model -> logProbabilities(model, miniBatch)).orElse(new float[0][]);
  }

  /**
   * Adds a mini-batch's gradient.
   *
   * @param oldLogProbabilities log π_old of each response token, as {@link #logProbabilities} gave;
   *     no arrays at all: what this very pass finds, as where a policy takes one step, so that ρ is
   *     1
   * @param referenceLogProbabilities as {@link #referenceLogProbabilities} gave
   * @param miniBatchRollouts rollouts of the whole mini-batch, by which the loss is divided: those
   *     that are left out of its sequences count, too
   * @return log π_θ of each response token as this forward saw it, one array a sequence
   * @throws DivergenceException when the loss of a part is not finite, of the first one in order;
   *     what was gathered is dropped then, and whatever else is thrown
   * @throws io.capoflow.schemas.Cancelled when the thread is interrupted, which is heard between
   *     parts
   */
  public double[][] accumulate(
      List<TrainingSequence> miniBatch,
      float[][] oldLogProbabilities,
      float[][] referenceLogProbabilities,
      int miniBatchRollouts) {
    if (miniBatchRollouts < 1) {
      throw new IllegalArgumentException("rollouts must be positive: " + miniBatchRollouts);
    }
    if (oldLogProbabilities.length > 0) {
      requireFit(miniBatch, oldLogProbabilities);
    }
    boolean withReference = referenceLogProbabilities.length > 0;
    if (withReference) {
      requireFit(miniBatch, referenceLogProbabilities);
    } else if (objective.klCoefficient() > 0) {
      throw new IllegalArgumentException("a KL term needs the reference's log-probabilities");
    }
    sums.gathered = true;
    MiniBatch cut = new MiniBatch(miniBatch, layout, parts.slots());
    List<PartResult> results;
    try {
      results =
          gradients.add(
              "policy_gradient",
              cut.slots(),
              (part, scope) ->
                  tensors(
                      cut,
                      part,
                      scope,
                      oldLogProbabilities,
                      referenceLogProbabilities,
                      miniBatchRollouts),
              Map.of(),
              (part, result) -> read(part, cut, result));
    } catch (RuntimeException | Error e) {
      forget();
      throw e;
    }
    double[][] all = new double[miniBatch.size()][0];
    for (int part = 0; part < results.size(); part++) {
      PartResult result = results.get(part);
      sums.add(result, cut.part(part).tokens());
      double[][] some = cut.part(part).perSequence(result.logProbabilities());
      for (int i = 0; i < some.length; i++) {
        all[cut.sequence(part, i)] = some[i];
      }
    }
    if (withReference) {
      sums.addKl(all, referenceLogProbabilities);
    }
    return all;
  }

  private Map<String, NDArray> tensors(
      MiniBatch cut,
      int part,
      NDManager scope,
      float[][] old,
      float[][] reference,
      int miniBatchRollouts) {
    PartRows batch = cut.part(part);
    Map<String, NDArray> tensors = batch.tensors(scope);
    tensors.put(
        "advantages", perToken(scope, batch, (i, t) -> cut.sequenceOf(part, i).advantages()[t]));
    tensors.put(
        "weights",
        perToken(scope, batch, (i, t) -> weight(cut.sequenceOf(part, i), miniBatchRollouts)));
    if (old.length > 0) {
      tensors.put("old", perToken(scope, batch, (i, t) -> old[cut.sequence(part, i)][t]));
    }
    if (reference.length > 0) {
      tensors.put(
          "reference", perToken(scope, batch, (i, t) -> reference[cut.sequence(part, i)][t]));
    }
    return tensors;
  }

  private PartResult read(int part, MiniBatch cut, NDList result) {
    double loss = result.get("loss").getDouble();
    cut.requireFinite(loss, part, optimizer.steps());
    return new PartResult(
        loss,
        result.get("policy_loss").getDouble(),
        result.get("clipped").getDouble(),
        result.get("entropy").getDouble(),
        result.get("ratio_deviation").getDouble(),
        result.get("log_probabilities").toDoubleArray());
  }

  /** What {@code policy_gradient} returns of a part. */
  private record PartResult(
      double loss,
      double policyLoss,
      double clipped,
      double entropy,
      double ratioDeviation,
      double[] logProbabilities) {}

  /**
   * Takes one optimizer step along the gathered gradients, and forgets them.
   *
   * @throws DivergenceException when the gradient's norm is not finite; the weights are untouched
   * @throws IllegalStateException when nothing was accumulated
   */
  public UpdateStatistics apply(double learningRate) {
    if (!sums.gathered) {
      throw new IllegalStateException("nothing was accumulated since the last step");
    }
    Sums gathered = sums;
    sums = new Sums();
    double scale =
        switch (objective.aggregation()) {
          case SEQUENCE_MEAN, TOKEN_SUM -> 1;
          case TOKEN_MEAN -> 1.0 / Math.max(1, gathered.tokens);
        };
    double norm = optimizer.apply(learningRate, scale);
    return gathered.statistics(scale, norm);
  }

  /** Optimizer steps taken so far, those of the state it started from included. */
  public long steps() {
    return optimizer.steps();
  }

  /**
   * The optimizer's memory as it is now. To be read before the next step and before this closes:
   * its tensors are copied from the device as they are read.
   */
  public OptimizerState optimizerState() {
    return optimizer.state();
  }

  /** Content digest of the policy's weights and the optimizer's memory together. */
  public String digest() {
    TreeMap<String, TensorData> all = new TreeMap<>(policy.digested());
    all.putAll(optimizer.state().tensors());
    return TensorDigest.of(all);
  }

  @Override
  public void close() {
    gradients.close();
    optimizer.close();
  }

  /** For tests, which read the gradients. */
  AdamW optimizer() {
    return optimizer;
  }

  private void forget() {
    sums = new Sums();
    optimizer.clearGradients();
  }

  private float[][] logProbabilities(CausalLm model, List<TrainingSequence> miniBatch) {
    ResponseScoring scoring = new ResponseScoring(model, objective.temperature(), layout, compute);
    MiniBatch cut = new MiniBatch(miniBatch, layout, parts.slots());
    float[][] all = new float[miniBatch.size()][0];
    gradients.evaluate(
        cut.slots(),
        part -> {
          float[][] some = scoring.ofPart(cut.part(part));
          for (int i = 0; i < some.length; i++) {
            all[cut.sequence(part, i)] = some[i];
          }
        });
    return all;
  }

  private double weight(TrainingSequence sequence, int rollouts) {
    return switch (objective.aggregation()) {
      case SEQUENCE_MEAN -> 1.0 / sequence.responseTokenIds().length / rollouts;
      case TOKEN_SUM -> 1.0 / rollouts;
      case TOKEN_MEAN -> 1; // divided by the mini-batch's tokens once all are known
    };
  }

  private NDArray perToken(
      NDManager scope, PartRows batch, ToDoubleBiFunction<Integer, Integer> value) {
    double[] values = batch.perToken(value);
    if (policy.trainable().type() == ScalarType.F64) {
      return scope.create(values);
    }
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return scope.create(narrow);
  }

  private static void requireFit(List<TrainingSequence> miniBatch, float[][] perToken) {
    boolean fits = perToken.length == miniBatch.size();
    for (int i = 0; fits && i < perToken.length; i++) {
      fits = perToken[i].length == miniBatch.get(i).responseTokenIds().length;
    }
    if (!fits) {
      throw new IllegalArgumentException("log-probabilities do not fit the mini-batch");
    }
  }

  /** What the parts since the last step add up to, in their order. */
  private static final class Sums {
    private boolean gathered;
    private long tokens;
    private long tokensWithReference;
    private double loss;
    private double policyLoss;
    private double kl;
    private double clipped;
    private double entropy;
    private double largestRatioDeviation;

    private void add(PartResult part, int responseTokens) {
      tokens += responseTokens;
      loss += part.loss();
      policyLoss += part.policyLoss();
      clipped += part.clipped();
      entropy += part.entropy();
      largestRatioDeviation = Math.max(largestRatioDeviation, part.ratioDeviation());
    }

    private void addKl(double[][] logProbabilities, float[][] reference) {
      for (int i = 0; i < logProbabilities.length; i++) {
        for (int t = 0; t < logProbabilities[i].length; t++) {
          kl += KlEstimator.k3(reference[i][t], logProbabilities[i][t]);
          tokensWithReference++;
        }
      }
    }

    private UpdateStatistics statistics(double lossScale, double gradientNorm) {
      return new UpdateStatistics(
          loss * lossScale,
          policyLoss * lossScale,
          mean(kl, tokensWithReference),
          mean(clipped, tokens),
          mean(entropy, tokens),
          tokens == 0 ? OptionalDouble.empty() : OptionalDouble.of(largestRatioDeviation),
          gradientNorm,
          tokens);
    }

    private static OptionalDouble mean(double sum, long count) {
      return count == 0 ? OptionalDouble.empty() : OptionalDouble.of(sum / count);
    }
  }
}

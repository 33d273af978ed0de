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
 * Trains a policy on credited rollouts: gradients are gathered over micro-batches, then applied.
 *
 * <pre>{@code
 * float[][] old = learner.logProbabilities(microBatch);         // before the first step
 * float[][] reference = learner.referenceLogProbabilities(microBatch);
 * learner.accumulate(microBatch, old, reference, rollouts);     // for each micro-batch
 * UpdateStatistics statistics = learner.apply(schedule.rate(learner.steps()));
 * }</pre>
 *
 * <p>Changes the policy's weights in place. A learner and its models are for one thread at a time.
 * The models stay the caller's: closing the learner closes neither.
 */
public final class PolicyLearner implements AutoCloseable {
  private final CausalLm policy;
  private final Optional<CausalLm> reference;
  private final ObjectiveSettings objective;
  private final Layout layout;
  private final ComputeSettings compute;
  private final ScriptSettings settings;
  private final AdamW optimizer;
  private Sums sums = new Sums();

  /** Computes as {@link ComputeSettings#STANDARD} says. */
  public PolicyLearner(
      CausalLm policy,
      Optional<CausalLm> reference,
      ObjectiveSettings objective,
      AdamWSettings optimizer,
      Layout layout,
      Optional<OptimizerState> state) {
    this(policy, reference, objective, optimizer, layout, ComputeSettings.STANDARD, state);
  }

  /**
   * @param reference π_ref; needed where the objective's KL coefficient is not 0
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
      Optional<OptimizerState> state) {
    this.policy = requireNonNull(policy, "policy");
    this.reference = requireNonNull(reference, "reference");
    this.objective = requireNonNull(objective, "objective");
    this.layout = requireNonNull(layout, "layout");
    this.compute = requireNonNull(compute, "compute").of(policy);
    if (objective.klCoefficient() > 0 && reference.isEmpty()) {
      throw new IllegalArgumentException("a KL term needs a reference policy");
    }
    this.optimizer = new AdamW(policy, requireNonNull(optimizer, "optimizer"), state);
    this.settings = new ScriptSettings(policy, objective, this.compute);
  }

  /**
   * log π_θ of each response token under the tempered, untruncated distribution, by the same
   * forward as training.
   *
   * @return one array a sequence, one number a response token
   */
  public float[][] logProbabilities(List<TrainingSequence> microBatch) {
    return logProbabilities(policy, microBatch);
  }

  /** The same of the reference; no arrays at all where there is none. */
  public float[][] referenceLogProbabilities(List<TrainingSequence> microBatch) {
    return reference.map(model -> logProbabilities(model, microBatch)).orElse(new float[0][]);
  }

  /**
   * Adds a micro-batch's gradient.
   *
   * @param oldLogProbabilities log π_old of each response token, as {@link #logProbabilities} gave
   * @param referenceLogProbabilities as {@link #referenceLogProbabilities} gave
   * @param miniBatchRollouts rollouts of the whole mini-batch, by which the loss is divided
   * @return log π_θ of each response token as this forward saw it, one array a sequence
   * @throws DivergenceException when the loss is not finite; what was gathered is dropped
   */
  public double[][] accumulate(
      List<TrainingSequence> microBatch,
      float[][] oldLogProbabilities,
      float[][] referenceLogProbabilities,
      int miniBatchRollouts) {
    if (miniBatchRollouts < 1) {
      throw new IllegalArgumentException("rollouts must be positive: " + miniBatchRollouts);
    }
    boolean withReference = referenceLogProbabilities.length > 0;
    requireFit(microBatch, oldLogProbabilities);
    if (withReference) {
      requireFit(microBatch, referenceLogProbabilities);
    } else if (objective.klCoefficient() > 0) {
      throw new IllegalArgumentException("a KL term needs the reference's log-probabilities");
    }
    sums.microBatches++;
    double[][] all = new double[microBatch.size()][];
    for (List<Integer> part : GradientParts.of(microBatch, layout, Integer.MAX_VALUE)) {
      double[][] some =
          addGradient(
              pick(microBatch, part),
              pick(oldLogProbabilities, part),
              withReference ? pick(referenceLogProbabilities, part) : referenceLogProbabilities,
              miniBatchRollouts);
      for (int i = 0; i < some.length; i++) {
        all[part.get(i)] = some[i];
      }
    }
    if (withReference) {
      sums.addKl(all, referenceLogProbabilities);
    }
    return all;
  }

  private double[][] addGradient(
      List<TrainingSequence> part, float[][] old, float[][] reference, int miniBatchRollouts) {
    MicroBatch batch = new MicroBatch(part, layout);
    if (batch.tokens() == 0) {
      return batch.perSequence(new double[0]);
    }
    try (NDManager scope = policy.newScope()) {
      Map<String, NDArray> tensors = batch.tensors(scope);
      tensors.put("advantages", perToken(scope, batch, (i, t) -> part.get(i).advantages()[t]));
      tensors.put(
          "weights", perToken(scope, batch, (i, t) -> weight(part.get(i), miniBatchRollouts)));
      tensors.put("old", perToken(scope, batch, (i, t) -> old[i][t]));
      if (reference.length > 0) {
        tensors.put("reference", perToken(scope, batch, (i, t) -> reference[i][t]));
      }
      NDList result =
          policy
              .script()
              .differentiate(
                  scope,
                  "policy_gradient",
                  List.of(
                      policy.parameters(),
                      optimizer.gradients().named(),
                      tensors,
                      settings.tensors()));
      double loss = result.get("loss").getDouble();
      if (!Double.isFinite(loss)) {
        forget();
        throw new DivergenceException(
            "the loss is " + loss + " at optimizer step " + optimizer.steps());
      }
      sums.add(result, batch.tokens());
      return batch.perSequence(result.get("log_probabilities").toDoubleArray());
    }
  }

  /**
   * Takes one optimizer step along the gathered gradients, and forgets them.
   *
   * @throws DivergenceException when the gradient's norm is not finite; the weights are untouched
   * @throws IllegalStateException when nothing was accumulated
   */
  public UpdateStatistics apply(double learningRate) {
    if (sums.microBatches == 0) {
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
    settings.close();
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

  private float[][] logProbabilities(CausalLm model, List<TrainingSequence> microBatch) {
    return new ResponseScoring(model, objective.temperature(), layout, compute)
        .logProbabilities(microBatch, Integer.MAX_VALUE);
  }

  private double weight(TrainingSequence sequence, int rollouts) {
    return switch (objective.aggregation()) {
      case SEQUENCE_MEAN -> 1.0 / sequence.responseTokenIds().length / rollouts;
      case TOKEN_SUM -> 1.0 / rollouts;
      case TOKEN_MEAN -> 1; // divided by the mini-batch's tokens once all are known
    };
  }

  private NDArray perToken(
      NDManager scope, MicroBatch batch, ToDoubleBiFunction<Integer, Integer> value) {
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

  private static List<TrainingSequence> pick(
      List<TrainingSequence> sequences, List<Integer> indices) {
    return indices.stream().map(sequences::get).toList();
  }

  private static float[][] pick(float[][] rows, List<Integer> indices) {
    return indices.stream().map(i -> rows[i]).toArray(float[][]::new);
  }

  private static void requireFit(List<TrainingSequence> microBatch, float[][] perToken) {
    boolean fits = perToken.length == microBatch.size();
    for (int i = 0; fits && i < perToken.length; i++) {
      fits = perToken[i].length == microBatch.get(i).responseTokenIds().length;
    }
    if (!fits) {
      throw new IllegalArgumentException("log-probabilities do not fit the micro-batch");
    }
  }

  /** What the micro-batches since the last step add up to. */
  private static final class Sums {
    private int microBatches;
    private long tokens;
    private long tokensWithReference;
    private double loss;
    private double policyLoss;
    private double kl;
    private double clipped;
    private double entropy;
    private double largestRatioDeviation;

    private void add(NDList result, int responseTokens) {
      tokens += responseTokens;
      loss += result.get("loss").getDouble();
      policyLoss += result.get("policy_loss").getDouble();
      clipped += result.get("clipped").getDouble();
      entropy += result.get("entropy").getDouble();
      largestRatioDeviation =
          Math.max(largestRatioDeviation, result.get("ratio_deviation").getDouble());
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

package io.capoflow.models.learning;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.decoder.CausalLm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Trains a model on given responses. Changes its weights in place; for one thread at a time. The
 * model stays the caller's.
 */
public final class SupervisedLearner implements AutoCloseable {
  /** Only its temperature counts. */
  private static final ObjectiveSettings CROSS_ENTROPY = ObjectiveSettings.standard(0, 1);

  private final Layout layout;
  private final PartSettings parts;
  private final AdamW optimizer;
  private final PartGradients gradients;

  /** Computes as {@link ComputeSettings#STANDARD} and {@link PartSettings#STANDARD} say. */
  public SupervisedLearner(CausalLm model, AdamWSettings optimizer, Layout layout) {
    this(model, optimizer, layout, ComputeSettings.STANDARD, PartSettings.STANDARD);
  }

  /** Computes as these say: a step's sequences in parts, as a policy's are. */
  public SupervisedLearner(
      CausalLm model,
      AdamWSettings optimizer,
      Layout layout,
      ComputeSettings compute,
      PartSettings parts) {
    this.layout = requireNonNull(layout, "layout");
    this.parts = requireNonNull(parts, "parts");
    this.optimizer = new AdamW(model, requireNonNull(optimizer, "optimizer"), Optional.empty());
    this.gradients =
        new PartGradients(
            model,
            this.optimizer,
            CROSS_ENTROPY,
            requireNonNull(compute, "compute").of(model),
            parts);
  }

  /**
   * One optimizer step.
   *
   * @param tokenIds sequences of prompt and response
   * @param promptLengths how many tokens of each are prompt: at least 1
   * @return mean cross-entropy of the batch's response tokens before the step, in nats
   * @throws DivergenceException when loss or gradient is not finite; the weights are untouched
   * @throws io.capoflow.schemas.Cancelled when the thread is interrupted, which is heard between
   *     parts; the weights are untouched
   */
  public double step(List<int[]> tokenIds, List<Integer> promptLengths, double learningRate) {
    if (tokenIds.size() != promptLengths.size()) {
      throw new IllegalArgumentException(
          promptLengths.size() + " prompt lengths for " + tokenIds.size() + " sequences");
    }
    List<TrainingSequence> sequences = new ArrayList<>();
    for (int i = 0; i < tokenIds.size(); i++) {
      sequences.add(sequence(tokenIds.get(i), promptLengths.get(i)));
    }
    int tokens = sequences.stream().mapToInt(each -> each.responseTokenIds().length).sum();
    if (tokens == 0) {
      throw new IllegalArgumentException("a batch has at least one response token");
    }
    MiniBatch cut = new MiniBatch(sequences, layout, parts.slots());
    double loss = 0;
    try {
      for (double share :
          gradients.add(
              "supervised_gradient",
              cut.slots(),
              (part, scope) -> cut.part(part).tensors(scope),
              Map.of("mean_of", (double) tokens),
              (part, result) -> {
                double its = result.get("loss").getDouble();
                cut.requireFinite(its, part, optimizer.steps());
                return its;
              })) {
        loss += share;
      }
    } catch (RuntimeException | Error e) {
      optimizer.clearGradients();
      throw e;
    }
    optimizer.apply(learningRate, 1);
    return loss;
  }

  /** Optimizer steps taken so far. */
  public long steps() {
    return optimizer.steps();
  }

  @Override
  public void close() {
    gradients.close();
    optimizer.close();
  }

  private static TrainingSequence sequence(int[] tokens, int promptLength) {
    int[] response = Arrays.copyOfRange(tokens, promptLength, tokens.length);
    return new TrainingSequence(
        Arrays.copyOf(tokens, promptLength), response, new float[response.length]);
  }
}

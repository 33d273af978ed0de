package io.capoflow.models.learning;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.tensor.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Trains a model on given responses. Changes its weights in place; for one thread at a time. The
 * model stays the caller's.
 */
public final class SupervisedLearner implements AutoCloseable {
  /** Only its temperature counts. */
  private static final ObjectiveSettings CROSS_ENTROPY = ObjectiveSettings.standard(0, 1);

  private final CausalLm model;
  private final Layout layout;
  private final AdamW optimizer;

  public SupervisedLearner(CausalLm model, AdamWSettings optimizer, Layout layout) {
    this.model = requireNonNull(model, "model");
    this.layout = requireNonNull(layout, "layout");
    this.optimizer = new AdamW(model, requireNonNull(optimizer, "optimizer"), Optional.empty());
  }

  /**
   * One optimizer step.
   *
   * @param tokenIds sequences of prompt and response
   * @param promptLengths how many tokens of each are prompt: at least 1
   * @return mean cross-entropy of the batch's response tokens before the step, in nats
   * @throws DivergenceException when loss or gradient is not finite; the weights are untouched
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
    MicroBatch batch = new MicroBatch(sequences, layout);
    if (batch.tokens() == 0) {
      throw new IllegalArgumentException("a batch has at least one response token");
    }
    try (NDManager scope = model.newScope();
        NDManager host = Torch.newHostScope(scope)) {
      List<NDArray> inputs = new ArrayList<>(batch.tensors(scope));
      inputs.add(host.create(CROSS_ENTROPY.forScript(ComputeSettings.STANDARD)));
      double loss =
          model
              .script()
              .differentiate(
                  scope,
                  "supervised_gradient",
                  inputs,
                  List.of(model.parameters(), optimizer.gradients().arrays()))
              .singletonOrThrow()
              .getDouble();
      if (!Double.isFinite(loss)) {
        optimizer.clearGradients();
        throw new DivergenceException("the loss is " + loss + " at step " + optimizer.steps());
      }
      optimizer.apply(learningRate, 1);
      return loss;
    }
  }

  /** Optimizer steps taken so far. */
  public long steps() {
    return optimizer.steps();
  }

  @Override
  public void close() {
    optimizer.close();
  }

  private static TrainingSequence sequence(int[] tokens, int promptLength) {
    int[] response = Arrays.copyOfRange(tokens, promptLength, tokens.length);
    return new TrainingSequence(
        Arrays.copyOf(tokens, promptLength), response, new float[response.length]);
  }
}

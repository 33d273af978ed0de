package io.capoflow.models.learning;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.tensor.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Trains a model on given responses. Changes its weights in place; for one thread at a time. The
 * model stays the caller's.
 */
public final class SupervisedLearner implements AutoCloseable {
  /** Only its temperature counts. */
  private static final ObjectiveSettings CROSS_ENTROPY = ObjectiveSettings.standard(0, 1);

  private final CausalLm model;
  private final Layout layout;
  private final OptionalInt tokenBudget;
  private final ScriptSettings settings;
  private final AdamW optimizer;

  /** Computes as {@link ComputeSettings#STANDARD} says, a step's sequences all at once. */
  public SupervisedLearner(CausalLm model, AdamWSettings optimizer, Layout layout) {
    this(model, optimizer, layout, ComputeSettings.STANDARD, OptionalInt.empty());
  }

  /**
   * @param tokenBudget tokens of a micro-batch, in which rows of like length are computed together
   *     as a policy's are; empty: a step's sequences are one rectangle, whatever it takes
   */
  public SupervisedLearner(
      CausalLm model,
      AdamWSettings optimizer,
      Layout layout,
      ComputeSettings compute,
      OptionalInt tokenBudget) {
    this.model = requireNonNull(model, "model");
    this.layout = requireNonNull(layout, "layout");
    this.tokenBudget = requireNonNull(tokenBudget, "tokenBudget");
    this.optimizer = new AdamW(model, requireNonNull(optimizer, "optimizer"), Optional.empty());
    this.settings =
        new ScriptSettings(model, CROSS_ENTROPY, requireNonNull(compute, "compute").of(model));
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
    int tokens = sequences.stream().mapToInt(each -> each.responseTokenIds().length).sum();
    if (tokens == 0) {
      throw new IllegalArgumentException("a batch has at least one response token");
    }
    double loss = 0;
    for (List<TrainingSequence> part : parts(sequences)) {
      loss += addGradient(new MicroBatch(part, layout), tokens);
    }
    optimizer.apply(learningRate, 1);
    return loss;
  }

  /** What is computed at once. */
  private List<List<TrainingSequence>> parts(List<TrainingSequence> sequences) {
    if (tokenBudget.isEmpty()) {
      return List.of(sequences);
    }
    return TokenBudget.divide(sequences, TrainingSequence::tokens, layout, tokenBudget.getAsInt())
        .stream()
        .flatMap(
            microBatch ->
                GradientParts.of(microBatch, layout, Integer.MAX_VALUE).stream()
                    .map(part -> part.stream().map(microBatch::get).toList()))
        .toList();
  }

  /** The part of the mean cross-entropy over so many tokens that this batch has. */
  private double addGradient(MicroBatch batch, int stepTokens) {
    if (batch.tokens() == 0) {
      return 0;
    }
    try (NDManager scope = model.newScope();
        NDManager host = Torch.newHostScope(scope)) {
      Map<String, NDArray> numbers = settings.tensors();
      numbers.put("mean_of", host.create((double) stepTokens));
      double loss =
          model
              .script()
              .differentiate(
                  scope,
                  "supervised_gradient",
                  List.of(
                      model.parameters(),
                      optimizer.gradients().named(),
                      batch.tensors(scope),
                      numbers))
              .get("loss")
              .getDouble();
      if (!Double.isFinite(loss)) {
        optimizer.clearGradients();
        throw new DivergenceException("the loss is " + loss + " at step " + optimizer.steps());
      }
      return loss;
    }
  }

  /** Optimizer steps taken so far. */
  public long steps() {
    return optimizer.steps();
  }

  @Override
  public void close() {
    settings.close();
    optimizer.close();
  }

  private static TrainingSequence sequence(int[] tokens, int promptLength) {
    int[] response = Arrays.copyOfRange(tokens, promptLength, tokens.length);
    return new TrainingSequence(
        Arrays.copyOf(tokens, promptLength), response, new float[response.length]);
  }
}

package io.capoflow.models.learning;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDManager;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.schemas.Cancelled;
import java.util.List;

/**
 * What a model thinks of given responses, by the same forward pass as training. Only reads the
 * model: any number of threads may do so at a time, while no learner changes its weights.
 */
public final class ResponseScoring {
  private final CausalLm model;
  private final double temperature;
  private final Layout layout;
  private final ComputeSettings compute;

  /**
   * Scoring by a model.
   *
   * @param temperature of the sampling, by which logits are divided
   */
  public ResponseScoring(
      CausalLm model, double temperature, Layout layout, ComputeSettings compute) {
    this.model = requireNonNull(model, "model");
    this.temperature = temperature;
    this.layout = requireNonNull(layout, "layout");
    this.compute = requireNonNull(compute, "compute").of(model);
  }

  /**
   * log π of each response token under the tempered, untruncated distribution.
   *
   * @param slots of a part, as {@link GradientParts#of} takes them
   * @return one array a sequence, one number a response token, in nats
   * @throws Cancelled when the thread is interrupted, which is heard between parts
   */
  public float[][] logProbabilities(List<TrainingSequence> sequences, int slots) {
    float[][] all = new float[sequences.size()][];
    for (List<Integer> part : GradientParts.of(sequences, layout, slots)) {
      Cancelled.throwIfInterrupted("scoring responses");
      float[][] some = ofPart(new PartRows(part.stream().map(sequences::get).toList(), layout));
      for (int i = 0; i < some.length; i++) {
        all[part.get(i)] = some[i];
      }
    }
    return all;
  }

  /** The same of one part's sequences. */
  float[][] ofPart(PartRows batch) {
    if (batch.tokens() == 0) {
      return batch.perSequence(new float[0]);
    }
    if (computesAsHeld()) {
      return logProbabilities(model.decoder(), batch);
    }
    try (TorchScript.Value narrowed =
        model
            .script()
            .evaluate("narrowed_decoder", model.parameters(), compute.precision().narrowing())) {
      return logProbabilities(narrowed, batch);
    }
  }

  /** Whether the weights need no narrowing: a model that only samples holds them narrow already. */
  private boolean computesAsHeld() {
    ScalarType held = model.trainable().type();
    return compute.precision().narrowing() == 0 || compute.precision().of(held) == held;
  }

  private float[][] logProbabilities(TorchScript.Value decoder, PartRows batch) {
    try (NDManager scope = model.newScope()) {
      return batch.perSequence(
          model
              .script()
              .call(
                  scope,
                  "response_log_probabilities",
                  decoder,
                  batch.tensors(scope),
                  temperature,
                  compute.logitTokens())
              .singletonOrThrow()
              .toFloatArray());
    }
  }
}

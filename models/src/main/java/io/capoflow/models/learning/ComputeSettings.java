package io.capoflow.models.learning;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.tensor.Precision;
import java.io.Serializable;
import java.util.Map;

/**
 * How forward and backward passes are computed: what they cost rather than what they mean, though
 * any of these changes the last bits.
 *
 * @param precision of the policy and its reference; sample in the same
 * @param recomputeLayers whether the backward pass computes each layer's activations again: of a
 *     part only the layers' inputs are then kept, for a third more work
 * @param logitTokens response tokens whose distributions over the vocabulary exist at a time
 */
public record ComputeSettings(Precision precision, boolean recomputeLayers, int logitTokens)
    implements Serializable {
  /** float32, activations kept, distributions of 1024 tokens. */
  public static final ComputeSettings STANDARD = new ComputeSettings(Precision.F32, false, 1024);

  public ComputeSettings {
    requireNonNull(precision, "precision");
    if (logitTokens < 1) {
      throw new IllegalArgumentException("logit_tokens must be positive: " + logitTokens);
    }
  }

  /** The fields of {@code Computing} of {@code backward.py}, by name. */
  Map<String, Double> forScript() {
    return Map.of(
        "narrow", (double) precision.narrowing(),
        "chunk", (double) logitTokens,
        "recompute", recomputeLayers ? 1.0 : 0.0);
  }

  /**
   * As a model that is trained is computed with: an adapter's base is held in what it computes in,
   * and the adapter itself stays wide, so nothing is narrowed for a pass.
   */
  ComputeSettings of(CausalLm model) {
    return model.hasAdapter()
        ? new ComputeSettings(Precision.F32, recomputeLayers, logitTokens)
        : this;
  }
}

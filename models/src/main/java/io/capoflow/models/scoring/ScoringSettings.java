package io.capoflow.models.scoring;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.learning.ComputeSettings;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.tensor.TorchSettings;
import java.io.Serializable;

/**
 * How responses are scored: as the training step computes.
 *
 * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
 * @param torch how the tensor engine computes
 * @param temperature of the sampling, by which logits are divided
 * @param partTokens slots of a part, as {@link io.capoflow.models.learning.GradientParts#of} takes
 *     them
 */
public record ScoringSettings(
    String device,
    TorchSettings torch,
    double temperature,
    Layout layout,
    ComputeSettings compute,
    int partTokens)
    implements Serializable {
  public ScoringSettings {
    requireNonNull(device, "device");
    requireNonNull(torch, "torch");
    requireNonNull(layout, "layout");
    requireNonNull(compute, "compute");
    if (partTokens < 1) {
      throw new IllegalArgumentException("a part has at least one slot: " + partTokens);
    }
  }

  /** Tells apart what has other bits. */
  String identity() {
    return String.join(
        " ",
        "temperature=" + temperature,
        "layout=" + layout,
        "precision=" + compute.precision(),
        "logit_tokens=" + compute.logitTokens(),
        "part_tokens=" + partTokens);
  }
}

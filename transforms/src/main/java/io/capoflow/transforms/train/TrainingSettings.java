package io.capoflow.transforms.train;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.ComputeSettings;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.LearningRateSchedule;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.models.learning.PartSettings;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.tensor.TorchSettings;
import java.io.Serializable;

/**
 * How a policy is trained: what is the same in all iterations of a run.
 *
 * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
 * @param torch how the tensor engine computes
 * @param lora the adapter that is trained, or {@link LoraSettings#NONE}
 */
public record TrainingSettings(
    String device,
    TorchSettings torch,
    ObjectiveSettings objective,
    AdamWSettings optimizer,
    Layout layout,
    ComputeSettings compute,
    PartSettings parts,
    LearningRateSchedule schedule,
    LoraSettings lora)
    implements Serializable {
  public TrainingSettings {
    requireNonNull(device, "device");
    requireNonNull(torch, "torch");
    requireNonNull(objective, "objective");
    requireNonNull(optimizer, "optimizer");
    requireNonNull(layout, "layout");
    requireNonNull(compute, "compute");
    requireNonNull(parts, "parts");
    requireNonNull(schedule, "schedule");
    requireNonNull(lora, "lora");
  }
}

package io.capoflow.transforms.train;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.ComputeSettings;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.LearningRateSchedule;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.Serializable;

/**
 * All that one iteration's policy update depends on, besides its batches.
 *
 * @param run where policies and credits lie
 * @param iteration k: policy v_k is read, v_(k+1) is committed
 * @param referenceDirectory checkpoint of π_ref; not opened where the KL coefficient is 0
 * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
 * @param lora the adapter that is trained, or {@link LoraSettings#NONE}
 * @param seed of the run: keys the draws of a fresh adapter
 */
public record TrainingSpec(
    RunDirectory run,
    int iteration,
    String referenceDirectory,
    String device,
    ObjectiveSettings objective,
    AdamWSettings optimizer,
    Layout layout,
    ComputeSettings compute,
    LearningRateSchedule schedule,
    LoraSettings lora,
    long seed)
    implements Serializable {
  public TrainingSpec {
    requireNonNull(run, "run");
    requireNonNull(referenceDirectory, "referenceDirectory");
    requireNonNull(device, "device");
    requireNonNull(objective, "objective");
    requireNonNull(optimizer, "optimizer");
    requireNonNull(layout, "layout");
    requireNonNull(compute, "compute");
    requireNonNull(schedule, "schedule");
    requireNonNull(lora, "lora");
    if (iteration < 0) {
      throw new IllegalArgumentException("iterations count from 0: " + iteration);
    }
  }
}

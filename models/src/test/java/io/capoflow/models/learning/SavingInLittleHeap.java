package io.capoflow.models.learning;

import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.decoder.AdapterMerge;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.tensor.ScalarType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process that saves and digests a version as training does, and merges an adapter, of a model
 * that is larger than its heap. Prints the digest.
 */
final class SavingInLittleHeap {
  private SavingInLittleHeap() {}

  /**
   * Works and prints.
   *
   * @param arguments a checkpoint's directory, and an empty one
   */
  public static void main(String[] arguments) {
    Path checkpoint = Path.of(arguments[0]);
    Path directory = Path.of(arguments[1]);
    Path version = directory.resolve("version");
    try (CausalLm policy = ModelLoader.load(Loading.forTraining(checkpoint, "cpu"));
        PolicyLearner learner =
            new PolicyLearner(
                policy,
                Optional.empty(),
                ObjectiveSettings.standard(0, 1),
                Samples.ADAMW,
                Layout.PADDED,
                Optional.empty())) {
      policy.save(version);
      Safetensors.write(
          version.resolve("optimizer.safetensors"), learner.optimizerState().tensors(), Map.of());
      System.out.println(learner.digest());
    }
    Path adapter = directory.resolve("adapter");
    LoraSettings lora = LoraSettings.of(2, 2, List.of(LoraTarget.Q_PROJ));
    try (CausalLm policy =
        ModelLoader.load(Loading.forTraining(checkpoint, "cpu").withAdapter(lora, 1))) {
      policy.save(adapter);
    }
    // In float64 no tensor can be taken over as it is.
    AdapterMerge.write(
        ModelDirectory.of(adapter), directory.resolve("merged"), Optional.of(ScalarType.F64));
  }
}

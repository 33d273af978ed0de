package io.capoflow.models.decoder;

import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.models.tensor.TensorDigest;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;

/** Content digests of the tensors in model directories. */
public final class ModelDigest {
  private ModelDigest() {}

  /**
   * Of a checkpoint's tensors, or of an adapter's together with its scale and the base's digest.
   * Reads all of them.
   *
   * @throws UserMistake when they cannot be read, or the adapter says that it belongs to another
   *     base
   */
  public static String of(ModelDirectory files) {
    SortedMap<String, TensorData> tensors = Safetensors.readCheckpoint(files.base());
    String digest = TensorDigest.of(tensors);
    if (!files.isAdapter()) {
      return digest;
    }
    Path directory = files.adapter().orElseThrow();
    Path file = directory.resolve(PeftConfig.TENSORS_FILE);
    Optional<String> recorded = AdapterWeights.recordedBaseDigest(file);
    if (recorded.isPresent() && !recorded.get().equals(digest)) {
      throw new UserMistake(
          "%s was trained on another base than %s (digest %s, there %s); name the right one"
              .formatted(directory, files.base(), recorded.get(), digest));
    }
    PeftConfig config = PeftConfig.read(directory);
    return TensorDigest.of(
        Adapter.digested(
            AdapterWeights.check(
                DecoderConfig.read(files.base()), config.settings(), Safetensors.read(file), file),
            config.settings(),
            digest));
  }

  /** The same of what a directory holds. */
  public static String of(Path directory) {
    return of(ModelDirectory.of(directory));
  }
}

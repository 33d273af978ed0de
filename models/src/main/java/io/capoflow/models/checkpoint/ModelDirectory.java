package io.capoflow.models.decoder;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.models.tensor.TensorDigest;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Where a model's files lie: a whole checkpoint, or the base of an adapter and the adapter. The one
 * place that tells an adapter's directory from a checkpoint's.
 *
 * @param base a checkpoint
 * @param adapter holds {@value PeftConfig#FILE} and {@value PeftConfig#TENSORS_FILE}
 */
public record ModelDirectory(Path base, Optional<Path> adapter) {
  /** Key of the base's digest among the free texts of an adapter's tensor file. */
  static final String BASE_DIGEST = "capoflow.base_digest";

  public ModelDirectory {
    requireNonNull(base, "base");
    requireNonNull(adapter, "adapter");
  }

  /**
   * What a directory holds. An adapter's base is what {@code base_model_name_or_path} names: a path
   * relative to the adapter's directory, or else to the working directory.
   *
   * @throws UserMistake when it is an adapter that cannot be read, or whose base is not there
   */
  public static ModelDirectory of(Path directory) {
    requireNonNull(directory, "directory");
    if (!PeftConfig.isIn(directory)) {
      return new ModelDirectory(directory, Optional.empty());
    }
    String name = PeftConfig.read(directory).baseModel();
    return new ModelDirectory(
        directoryNamed(directory, name)
            .orElseThrow(
                () ->
                    new UserMistake(
                        "%s: field base_model_name_or_path is \"%s\", which is no directory here; name the base's"
                            .formatted(directory.resolve(PeftConfig.FILE), name))),
        Optional.of(directory));
  }

  /** Whether there is an adapter. */
  public boolean isAdapter() {
    return adapter.isPresent();
  }

  /**
   * Content digest of the tensors: of the checkpoint's, or of the adapter's together with its scale
   * and the base's digest. Reads all of them.
   *
   * @throws UserMistake when they cannot be read, or the adapter says that it belongs to another
   *     base
   */
  public String digest() {
    SortedMap<String, TensorData> tensors = Safetensors.readCheckpoint(base);
    String digest = TensorDigest.of(tensors);
    if (adapter.isEmpty()) {
      return digest;
    }
    Path directory = adapter.get();
    Path file = directory.resolve(PeftConfig.TENSORS_FILE);
    Optional<String> recorded = recordedBaseDigest(file);
    if (recorded.isPresent() && !recorded.get().equals(digest)) {
      throw new UserMistake(
          "%s was trained on another base than %s (digest %s, there %s); name the right one"
              .formatted(directory, base, recorded.get(), digest));
    }
    PeftConfig config = PeftConfig.read(directory);
    return TensorDigest.of(
        Adapter.digested(
            AdapterWeights.check(
                DecoderConfig.read(base), config.settings(), Safetensors.read(file), file),
            config.settings(),
            digest));
  }

  /** What the adapter's file says of its base; PEFT's own say nothing. */
  static Optional<String> recordedBaseDigest(Path tensorsFile) {
    return Optional.ofNullable(Safetensors.metadata(tensorsFile).get(BASE_DIGEST));
  }

  private static Optional<Path> directoryNamed(Path adapter, String name) {
    if (name.isEmpty()) {
      return Optional.empty();
    }
    try {
      Path beside = adapter.resolve(name).normalize();
      return Files.isDirectory(beside)
          ? Optional.of(beside)
          : Optional.of(Path.of(name)).filter(Files::isDirectory);
    } catch (InvalidPathException notAPath) {
      return Optional.empty();
    }
  }
}

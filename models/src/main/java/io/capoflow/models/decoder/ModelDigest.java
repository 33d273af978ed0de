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
import java.util.TreeMap;

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
    Optional<String> recorded = AdapterWeights.recordedBaseDigest(tensorsFile(files));
    if (recorded.isPresent() && !recorded.get().equals(digest)) {
      throw new UserMistake(
          "%s was trained on another base than %s (digest %s, there %s); name the right one"
              .formatted(files.adapter().orElseThrow(), files.base(), recorded.get(), digest));
    }
    return TensorDigest.of(adapter(files, digest));
  }

  /**
   * Of a model that was trained here, together with its optimizer's memory: what a learner's digest
   * is, from the files. An adapter's base goes in by the digest that the adapter recorded, and is
   * not read.
   *
   * @param optimizer its tensors by name
   * @throws UserMistake when a file cannot be read, or an adapter's says nothing of its base
   */
  public static String ofTrained(ModelDirectory files, SortedMap<String, TensorData> optimizer) {
    TreeMap<String, TensorData> all = new TreeMap<>(optimizer);
    if (files.isAdapter()) {
      Path file = tensorsFile(files);
      all.putAll(
          adapter(
              files,
              AdapterWeights.recordedBaseDigest(file)
                  .orElseThrow(
                      () -> new UserMistake(file + " does not say on which base it was trained"))));
    } else {
      all.putAll(Safetensors.readCheckpoint(files.base()));
    }
    return TensorDigest.of(all);
  }

  private static SortedMap<String, TensorData> adapter(ModelDirectory files, String baseDigest) {
    Path file = tensorsFile(files);
    PeftConfig config = PeftConfig.read(files.adapter().orElseThrow());
    return Adapter.digested(
        AdapterWeights.check(
            DecoderConfig.read(files.base()), config.settings(), Safetensors.read(file), file),
        config.settings(),
        baseDigest);
  }

  private static Path tensorsFile(ModelDirectory files) {
    return files.adapter().orElseThrow().resolve(PeftConfig.TENSORS_FILE);
  }

  /** The same of what a directory holds. */
  public static String of(Path directory) {
    return of(ModelDirectory.of(directory));
  }
}

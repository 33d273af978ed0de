package io.capoflow.models.decoder;

import ai.djl.ndarray.NDArray;
import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.models.tensor.NamedTensors;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.TensorDigest;
import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * An adapter that is to be put on a base or merged into it.
 *
 * @param base the directory of its base
 * @param recordedBaseDigest what its file says of the base's content; empty where it says nothing,
 *     as of a fresh adapter's, which has no file
 * @param tensors A and B of each adapted matrix, by PEFT's names
 */
record AdapterFitting(
    LoraSettings form,
    Path base,
    Optional<String> recordedBaseDigest,
    SortedMap<String, TensorData> tensors) {
  /**
   * The adapter that the directory holds, or a fresh one where the loading asks for one.
   *
   * @throws UserMistake when the directory holds one of another form than the one asked for, or one
   *     that does not belong to its base
   */
  static Optional<AdapterFitting> find(ModelDirectory files, Loading loading) {
    if (files.isAdapter()) {
      return Optional.of(stored(files, loading));
    }
    LoraSettings asked = loading.adapter();
    if (!asked.isAdapter()) {
      return Optional.empty();
    }
    DecoderConfig config = DecoderConfig.read(files.base());
    return Optional.of(
        new AdapterFitting(
            asked,
            files.base(),
            Optional.empty(),
            AdapterWeights.draw(config, asked, loading.seed())));
  }

  private static AdapterFitting stored(ModelDirectory files, Loading loading) {
    Path directory = files.adapter().orElseThrow();
    LoraSettings stored = PeftConfig.read(directory).settings();
    LoraSettings asked = loading.adapter();
    if (asked.isAdapter() && !stored.equals(asked)) {
      throw new UserMistake(
          "%s holds an adapter of another form (%s) than the one asked for (%s); name the same"
              .formatted(directory, stored, asked));
    }
    Path file = directory.resolve(PeftConfig.TENSORS_FILE);
    return new AdapterFitting(
        stored,
        files.base(),
        AdapterWeights.recordedBaseDigest(file),
        AdapterWeights.check(
            DecoderConfig.read(files.base()), stored, Safetensors.read(file), file));
  }

  /** The same on a base whose digest is known, where its file says nothing of it. */
  AdapterFitting ofBase(String digest) {
    return new AdapterFitting(
        form, base, recordedBaseDigest.or(() -> Optional.of(digest)), tensors);
  }

  /** The adapter on these parts, whose script is made for it; in float32 at least. */
  Adapter on(ModelParts parts) {
    String digest =
        recordedBaseDigest.orElseGet(() -> TensorDigest.of(Safetensors.readCheckpoint(base)));
    return new Adapter(form, base, digest, copyFor(parts));
  }

  /** Changes the weights of these parts, which have no adapter: W becomes W + scale · B A. */
  void mergeInto(ModelParts parts) {
    Map<String, NDArray> weights = parts.weights().named();
    try (NamedTensors own = copyFor(parts)) {
      Map<String, NDArray> factors = own.named();
      for (String name : AdapterWeights.adapted(parts.config(), form)) {
        Cancelled.throwIfInterrupted("merging an adapter");
        parts
            .script()
            .run(
                "merge",
                weights.get(name),
                factors.get(AdapterWeights.down(name)),
                factors.get(AdapterWeights.up(name)),
                form.scale());
      }
    }
  }

  private NamedTensors copyFor(ModelParts parts) {
    List<String> names = List.copyOf(AdapterWeights.shapes(parts.config(), form).keySet());
    ScalarType type = Precision.trained(NamedTensors.typeOf(tensors, names));
    return NamedTensors.copyOf(parts.script(), parts.weights().device(), names, tensors, type);
  }
}

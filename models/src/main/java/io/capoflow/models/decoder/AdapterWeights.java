package io.capoflow.models.decoder;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.UserMistake;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Names, shapes and first values of an adapter's tensors, in PEFT's naming. */
final class AdapterWeights {
  /** How PEFT names the model inside its own. */
  private static final String PREFIX = "base_model.model.";

  /** Key of the base's digest among the free texts of an adapter's tensor file. */
  static final String BASE_DIGEST = "capoflow.base_digest";

  private static final String DOWN = ".lora_A.weight";
  private static final String UP = ".lora_B.weight";

  private AdapterWeights() {}

  /** Shapes by name, A before B, layer by layer; {@code weights.py} finds them by name. */
  static Map<String, long[]> shapes(DecoderConfig config, LoraSettings settings) {
    Map<String, long[]> base = DecoderWeights.shapes(config);
    Map<String, long[]> shapes = new LinkedHashMap<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      for (LoraTarget target : settings.targets()) {
        String weight = weight(layer, target);
        long[] shape = base.get(weight);
        shapes.put(down(weight), new long[] {settings.rank(), shape[1]});
        shapes.put(up(weight), new long[] {shape[0], settings.rank()});
      }
    }
    return Collections.unmodifiableMap(shapes);
  }

  /** The base's matrices that have adapters. */
  static List<String> adapted(DecoderConfig config, LoraSettings settings) {
    return IntStream.range(0, config.layers())
        .boxed()
        .flatMap(layer -> settings.targets().stream().map(target -> weight(layer, target)))
        .toList();
  }

  /** Name of the A that belongs to a matrix of the base. */
  static String down(String weight) {
    return PREFIX + weight.substring(0, weight.length() - ".weight".length()) + DOWN;
  }

  /** Name of the B that belongs to a matrix of the base. */
  static String up(String weight) {
    return PREFIX + weight.substring(0, weight.length() - ".weight".length()) + UP;
  }

  /**
   * Float32 tensors as PEFT initialises them: A uniform in ±1/√inputs, which is Kaiming's with a =
   * √5, and B zero, so that the model begins as its base.
   *
   * @param seed each tensor's draws are keyed by this and its name
   */
  static SortedMap<String, TensorData> draw(
      DecoderConfig config, LoraSettings settings, long seed) {
    TreeMap<String, TensorData> tensors = new TreeMap<>();
    shapes(config, settings)
        .forEach(
            (name, shape) -> {
              Cancelled.throwIfInterrupted("drawing weights");
              int count = Math.toIntExact(Math.multiplyExact(shape[0], shape[1]));
              ByteBuffer bytes =
                  ByteBuffer.allocate(Math.multiplyExact(count, Float.BYTES))
                      .order(ByteOrder.LITTLE_ENDIAN);
              double bound = name.endsWith(DOWN) ? 1 / Math.sqrt((double) shape[1]) : 0;
              long key = Draws.key("adapter", seed, name);
              for (int i = 0; i < count; i++) {
                bytes.putFloat((float) (bound * (2 * Draws.uniform(key, i) - 1)));
              }
              tensors.put(name, new TensorData("F32", shape, bytes.flip().asReadOnlyBuffer()));
            });
    return tensors;
  }

  /** What an adapter's file says of its base; PEFT's own say nothing. */
  static Optional<String> recordedBaseDigest(Path tensorsFile) {
    return Optional.ofNullable(Safetensors.metadata(tensorsFile).get(BASE_DIGEST));
  }

  /**
   * The adapter's tensors as a file holds them, under their usual names: some tools leave the
   * adapter's name, {@code default}, in them.
   *
   * @throws UserMistake naming the file and the tensor that is missing, misshapen or not expected
   */
  static SortedMap<String, TensorData> check(
      DecoderConfig config,
      LoraSettings settings,
      SortedMap<String, TensorData> tensors,
      Path file) {
    TreeMap<String, TensorData> found = new TreeMap<>();
    tensors.forEach(
        (name, tensor) -> found.put(name.replace(".default.weight", ".weight"), tensor));
    Map<String, long[]> shapes = shapes(config, settings);
    shapes.forEach(
        (name, shape) -> {
          TensorData tensor = found.get(name);
          if (tensor == null) {
            throw mistake(file, name, "is missing; fetch the adapter again");
          }
          if (!Arrays.equals(tensor.shape(), shape)) {
            throw mistake(
                file,
                name,
                "has shape %s, adapter_config.json and the base ask for %s; they do not belong together"
                    .formatted(Arrays.toString(tensor.shape()), Arrays.toString(shape)));
          }
          if (!ScalarType.isKnown(tensor.dtype())) {
            throw mistake(
                file, name, "has dtype " + tensor.dtype() + "; it must be F32, F16, BF16 or F64");
          }
        });
    for (String name : found.keySet()) {
      if (!shapes.containsKey(name)) {
        throw mistake(
            file,
            name,
            "is none that adapter_config.json and the base ask for; only plain LoRA runs here");
      }
    }
    return Collections.unmodifiableSortedMap(found);
  }

  private static String weight(int layer, LoraTarget target) {
    return "model.layers." + layer + "." + target.module() + ".weight";
  }

  private static UserMistake mistake(Path file, String name, String what) {
    return new UserMistake(file + ": tensor " + name + " " + what);
  }
}

package io.capoflow.models.decoder;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorBytes;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.tensor.TestDevice;
import io.capoflow.schemas.Draws;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Small checkpoints whose distributions are far from uniform, for tests. */
public final class TinyModels {
  public static final int VOCABULARY = 19;
  public static final int EOS = 2;

  private TinyModels() {}

  /** Grouped-query attention, untied output, all of it small. */
  public static DecoderConfig config() {
    return config(false, 2, List.of(EOS));
  }

  public static DecoderConfig config(boolean tied, int keyValueHeads, List<Integer> eosTokenIds) {
    return config(tied, keyValueHeads, eosTokenIds, VOCABULARY);
  }

  /** The same with another vocabulary, which makes a model of few layers large. */
  public static DecoderConfig config(boolean tied, int keyValueHeads, int vocabulary) {
    return config(tied, keyValueHeads, List.of(EOS), vocabulary);
  }

  private static DecoderConfig config(
      boolean tied, int keyValueHeads, List<Integer> eosTokenIds, int vocabulary) {
    return DecoderConfig.llama(
        vocabulary,
        24,
        2,
        4,
        keyValueHeads,
        6,
        40,
        1e-5,
        10_000,
        tied,
        256,
        OptionalInt.of(1),
        eosTokenIds,
        OptionalInt.of(0));
  }

  /** Writes a checkpoint in F32, or the same values in F64 or, cut, in BF16. */
  public static Path write(Path directory, DecoderConfig config, long seed, String dtype) {
    try {
      Files.createDirectories(directory);
      config.write(directory, dtype);
      Files.writeString(directory.resolve("tokenizer.json"), tokenizer(config.vocabularySize()));
      Safetensors.write(
          directory.resolve(Safetensors.SINGLE_FILE), weights(config, seed, dtype), Map.of());
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes a checkpoint of any size without holding it: float32, all of it 0. */
  public static Path writeZeros(Path directory, DecoderConfig config) throws IOException {
    Files.createDirectories(directory);
    config.write(directory, "F32");
    Files.writeString(directory.resolve("tokenizer.json"), tokenizer(VOCABULARY));
    ByteBuffer part = ByteBuffer.allocate(1 << 20);
    TreeMap<String, TensorData> weights = new TreeMap<>();
    DecoderWeights.shapes(config)
        .forEach(
            (name, shape) -> {
              long bytes = Float.BYTES * Arrays.stream(shape).reduce(1, Math::multiplyExact);
              List<ByteBuffer> parts =
                  LongStream.iterate(bytes, left -> left > 0, left -> left - part.capacity())
                      .mapToObj(left -> part.slice(0, (int) Math.min(left, part.capacity())))
                      .toList();
              weights.put(name, new TensorData("F32", shape, TensorBytes.of(parts)));
            });
    Safetensors.write(directory.resolve(Safetensors.SINGLE_FILE), weights, Map.of());
    return directory;
  }

  public static CausalLm load(Path directory, DecoderConfig config, long seed) {
    return ModelLoader.load(Loading.forUse(write(directory, config, seed, "F32"), TestDevice.NAME));
  }

  /** Tokens are the words w0, w1, …. */
  public static String tokenizer(int size) {
    String vocabulary =
        IntStream.range(0, size)
            .mapToObj(id -> "\"w" + id + "\": " + id)
            .collect(Collectors.joining(", "));
    return """
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
         "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null,
         "decoder": null,
         "model": {"type": "WordLevel", "vocab": {%s}, "unk_token": "w0"}}
        """
        .formatted(vocabulary);
  }

  /** Values that every dtype holds up to its own rounding. */
  private static SortedMap<String, TensorData> weights(
      DecoderConfig config, long seed, String dtype) {
    TreeMap<String, TensorData> weights = new TreeMap<>();
    DecoderWeights.shapes(config)
        .forEach(
            (name, shape) -> {
              int count = (int) Arrays.stream(shape).reduce(1, Math::multiplyExact);
              ByteBuffer bytes =
                  ByteBuffer.allocate(count * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
              double fanIn = (double) shape[shape.length - 1];
              double scale = name.contains("embed") ? 1 : 1.6 / Math.sqrt(fanIn);
              for (int i = 0; i < count; i++) {
                double draw = Draws.gaussian(Draws.key("test", seed, name), i);
                put(
                    bytes,
                    dtype,
                    (float) (name.endsWith("norm.weight") ? 1 + 0.2 * draw : scale * draw));
              }
              weights.put(name, new TensorData(dtype, shape, bytes.flip().slice()));
            });
    return weights;
  }

  private static void put(ByteBuffer bytes, String dtype, float value) {
    switch (dtype) {
      case "F64" -> bytes.putDouble(value);
      case "F32" -> bytes.putFloat(value);
      // Cut rather than rounded, which is all a test needs.
      case "BF16" -> bytes.putShort((short) (Float.floatToIntBits(value) >>> 16));
      default -> throw new IllegalArgumentException(dtype);
    }
  }
}

package io.capoflow.models.decoder;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.DecoderConfig.Family;
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
import java.util.SortedMap;
import java.util.TreeMap;

/** Names, shapes and first values of a decoder's weights, in Hugging Face's naming. */
final class DecoderWeights {
  private static final double EMBEDDING_DEVIATION = 0.02;
  private static final String OUTPUT = "lm_head.weight";

  private DecoderWeights() {}

  /** Shapes by name, in the order of the decoder's parts; {@code weights.py} finds them by name. */
  static Map<String, long[]> shapes(DecoderConfig config) {
    long hidden = config.hiddenSize();
    long queries = (long) config.heads() * config.headDimension();
    long keys = (long) config.keyValueHeads() * config.headDimension();
    long wide = config.intermediateSize();
    Map<String, long[]> shapes = new LinkedHashMap<>();
    shapes.put("model.embed_tokens.weight", new long[] {config.vocabularySize(), hidden});
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "model.layers." + layer + ".";
      shapes.put(prefix + "input_layernorm.weight", new long[] {hidden});
      shapes.put(prefix + "self_attn.q_proj.weight", new long[] {queries, hidden});
      shapes.put(prefix + "self_attn.k_proj.weight", new long[] {keys, hidden});
      shapes.put(prefix + "self_attn.v_proj.weight", new long[] {keys, hidden});
      shapes.put(prefix + "self_attn.o_proj.weight", new long[] {hidden, queries});
      shapes.put(prefix + "post_attention_layernorm.weight", new long[] {hidden});
      shapes.put(prefix + "mlp.gate_proj.weight", new long[] {wide, hidden});
      shapes.put(prefix + "mlp.up_proj.weight", new long[] {wide, hidden});
      shapes.put(prefix + "mlp.down_proj.weight", new long[] {hidden, wide});
      if (config.attentionBias()) {
        shapes.put(prefix + "self_attn.q_proj.bias", new long[] {queries});
        shapes.put(prefix + "self_attn.k_proj.bias", new long[] {keys});
        shapes.put(prefix + "self_attn.v_proj.bias", new long[] {keys});
        if (config.family() != Family.QWEN2) {
          shapes.put(prefix + "self_attn.o_proj.bias", new long[] {hidden});
        }
      }
      if (config.family() == Family.QWEN3) {
        shapes.put(prefix + "self_attn.q_norm.weight", new long[] {config.headDimension()});
        shapes.put(prefix + "self_attn.k_norm.weight", new long[] {config.headDimension()});
      }
    }
    shapes.put("model.norm.weight", new long[] {hidden});
    if (!config.tiedEmbeddings()) {
      shapes.put(OUTPUT, new long[] {config.vocabularySize(), hidden});
    }
    return Collections.unmodifiableMap(shapes);
  }

  /** The names alone, in that order. */
  static List<String> names(DecoderConfig config) {
    return List.copyOf(shapes(config).keySet());
  }

  /**
   * Float32 weights: embedding and output projection from N(0, 0.02²), the other matrices from N(0,
   * 1/inputs), which keeps the scale of what passes through them at any width; norms are 1, biases
   * 0, and the projections that write to the residual stream are narrower by √(2 · layers), so that
   * depth does not widen it (Radford et al. 2019).
   */
  static SortedMap<String, TensorData> draw(DecoderConfig config, long seed) {
    TreeMap<String, TensorData> weights = new TreeMap<>();
    shapes(config)
        .forEach(
            (name, shape) -> {
              Cancelled.throwIfInterrupted("drawing weights");
              int count = Math.toIntExact(Arrays.stream(shape).reduce(1, Math::multiplyExact));
              ByteBuffer bytes =
                  ByteBuffer.allocate(Math.multiplyExact(count, Float.BYTES))
                      .order(ByteOrder.LITTLE_ENDIAN);
              boolean writesResidual = name.contains("o_proj") || name.contains("down_proj");
              double deviation =
                  name.contains(".layers.")
                      ? 1 / Math.sqrt((double) shape[shape.length - 1])
                      : EMBEDDING_DEVIATION;
              double narrowed = deviation / (writesResidual ? Math.sqrt(2.0 * config.layers()) : 1);
              long key = Draws.key("initial-weights", seed, name);
              for (int i = 0; i < count; i++) {
                bytes.putFloat(
                    name.endsWith("norm.weight")
                        ? 1f
                        : name.endsWith(".bias")
                            ? 0f
                            : (float) (narrowed * Draws.gaussian(key, i)));
              }
              weights.put(name, new TensorData("F32", shape, bytes.flip().asReadOnlyBuffer()));
            });
    return weights;
  }

  /**
   * Checks that a checkpoint holds the weights that its configuration asks for, and no others: one
   * that is left out would change what the model says.
   *
   * @throws UserMistake naming the tensor and its file
   */
  static void check(DecoderConfig config, SortedMap<String, TensorData> tensors, Path directory) {
    Map<String, long[]> shapes = shapes(config);
    shapes.forEach((name, shape) -> check(name, shape, tensors.get(name), directory));
    for (String name : tensors.keySet()) {
      if (!shapes.containsKey(name) && !isRedundant(name)) {
        throw mistake(
            directory,
            name,
            "is not part of the model that config.json describes; weights and configuration are of"
                + " different models");
      }
    }
  }

  private static void check(String name, long[] shape, TensorData tensor, Path directory) {
    if (tensor == null) {
      throw mistake(directory, name, "is missing; fetch the checkpoint again");
    }
    if (!Arrays.equals(tensor.shape(), shape)) {
      throw mistake(
          directory,
          name,
          "has shape "
              + Arrays.toString(tensor.shape())
              + ", config.json asks for "
              + Arrays.toString(shape)
              + "; weights and configuration are of different models");
    }
    if (!ScalarType.isKnown(tensor.dtype())) {
      throw mistake(
          directory,
          name,
          "has dtype " + tensor.dtype() + "; weights must be F32, F16, BF16 or F64");
    }
  }

  /**
   * What older libraries saved though it follows from the rest: rotary frequencies, and the output
   * projection of a model that shares its embedding. An output projection of its own is asked for
   * by name, so it never comes here.
   */
  private static boolean isRedundant(String name) {
    return name.endsWith(".rotary_emb.inv_freq") || name.equals(OUTPUT);
  }

  private static UserMistake mistake(Path directory, String name, String what) {
    return new UserMistake(Safetensors.fileOf(directory, name) + ": tensor " + name + " " + what);
  }
}

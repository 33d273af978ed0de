package io.capoflow.models.decoder;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.generation.Decoding;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.tensor.NamedTensors;
import io.capoflow.models.tensor.ScalarType;
import java.util.Arrays;
import java.util.Map;

/**
 * Bytes that a decoder's work holds on its device at its peak, estimated from shapes: what the
 * scripts keep alive at the same time, counted tensor by tensor, with one method for each kind. A
 * setting that changes what is kept changes that method. Allocators round up, and kernels take work
 * space of their own, which is left out. Immutable and thread-safe.
 */
public final class DecoderMemory {
  private static final long FLOAT = Float.BYTES;
  private static final long DOUBLE = Double.BYTES;

  /**
   * Generation multiplies with copies of a model's matrices (a gibibyte in float32) where the model
   * has at most so many numbers; above, memory is worth more than the time saved.
   */
  private static final long MOST_COPIED = 1L << 28;

  /**
   * A matrix of fewer numbers is not laid out for oneDNN: with 64 rows and 64 by 192 a call of it
   * took a quarter longer than a plain product, with 192 by 192 as long.
   */
  static final int SMALLEST_PACKED = 1 << 15;

  private final DecoderConfig config;
  private final long element;

  /**
   * @param type of the weights, and so of what passes between layers
   */
  public DecoderMemory(DecoderConfig config, ScalarType type) {
    this.config = requireNonNull(config, "config");
    this.element = type.bytes();
  }

  /** Whether {@code generation.py} multiplies with copies of the matrices. */
  static boolean copiesMatrices(DecoderConfig config, LoraSettings lora) {
    return !lora.isAdapter() && parameters(config) <= MOST_COPIED;
  }

  /** Numbers that the model holds. */
  public long parameters() {
    return parameters(config);
  }

  private static long parameters(DecoderConfig config) {
    return DecoderWeights.shapes(config).values().stream().mapToLong(DecoderMemory::numbers).sum();
  }

  /** Numbers that an adapter of that form has. */
  public long adapterParameters(LoraSettings lora) {
    return AdapterWeights.shapes(config, lora).values().stream()
        .mapToLong(DecoderMemory::numbers)
        .sum();
  }

  /** The weights themselves. */
  public long weights() {
    return parameters() * element;
  }

  /**
   * AdamW's two moments, the sum of the gradients, and the gradients of each worker, all of them
   * float32.
   *
   * @param trainable numbers that learn
   * @param workers that compute parts of a mini-batch
   */
  public static long optimizer(long trainable, long workers) {
    return (3 + workers) * FLOAT * trainable;
  }

  /**
   * Java's heap while what learns and its moments are saved or digested: the part of a tensor that
   * is on its way, and the one before, which the collector may not have found yet.
   *
   * @param lora what learns; {@link LoraSettings#NONE}: all parameters, in float32
   */
  public long saving(LoraSettings lora) {
    Map<String, long[]> learning =
        lora.isAdapter() ? AdapterWeights.shapes(config, lora) : DecoderWeights.shapes(config);
    long largest = learning.values().stream().mapToLong(DecoderMemory::numbers).max().orElse(0);
    return 2 * Math.min(NamedTensors.PART_BYTES, largest * FLOAT);
  }

  /**
   * Keys and values.
   *
   * @param rows sequences
   * @param tokens of each
   */
  public long cache(long rows, long tokens) {
    return rows * tokens * 2 * keys() * config.layers() * element;
  }

  /** The caches that {@code generation.py} holds together: of open rows, and of their prompts. */
  public long caches(Decoding decoding) {
    long rows = decoding.rows();
    long held =
        decoding.sharesPrompts(keys())
            ? cache(decoding.openRequests(), decoding.promptTokens())
                + cache(rows, decoding.newTokens())
            : cache(rows, decoding.promptTokens() + decoding.newTokens());
    return cache(decoding.stems() + decoding.read(), decoding.promptTokens()) + held;
  }

  /**
   * The most that {@code generation.py} holds beside weights and caches: its copies of matrices,
   * what was drawn of all continuations, and either the reading of prompts or the drawing of a
   * token.
   *
   * @param truncated whether a top-p below 1 sorts the vocabulary
   */
  public long generation(Decoding decoding, boolean truncated) {
    return copies()
        + decoding.allRows() * decoding.newTokens() * (DOUBLE + Long.BYTES + FLOAT)
        + Math.max(
            reading(decoding.read(), decoding.promptTokens()), drawing(decoding.rows(), truncated));
  }

  /**
   * The most that log-probabilities without gradients hold beside the weights.
   *
   * @param slots of the part, padding included
   * @param tokens response tokens whose distributions exist at once
   */
  public long scoring(long slots, long tokens) {
    return slots * config.hiddenSize() * element
        + Math.max(slots * widestLayer() * element, distributions(tokens));
  }

  /**
   * The most that a gradient part's forward and backward hold beside weights, gradients and
   * moments.
   *
   * @param slots of the part, padding included
   * @param tokens response tokens whose distributions exist at once
   * @param trainable numbers that learn
   * @param recomputed whether of each layer only the input is kept
   */
  public long update(long slots, long tokens, long trainable, boolean recomputed) {
    // The backward pass begins with the distributions, and ends with fresh gradients: of all that
    // learns, or of one layer.
    long fresh = freshGradients(recomputed ? trainable / config.layers() : trainable);
    return activations(slots, recomputed) + Math.max(distributions(tokens), fresh);
  }

  /** What the layers keep for the backward pass, and one layer's gradients beside it. */
  private long activations(long slots, boolean recomputed) {
    long kept =
        recomputed
            ? (long) config.layers() * config.hiddenSize() + savedByLayer()
            : config.layers() * savedByLayer();
    return slots * (config.hiddenSize() + kept + widestLayer()) * element;
  }

  /**
   * Copies of the vocabulary-wide distribution of every response token that live at once: the
   * log-softmax, the gradient of the choice, and that of the logits; without gradients the logits,
   * what the temperature made of them, and the log-softmax.
   */
  private long distributions(long tokens) {
    return 3 * tokens * config.vocabularySize() * FLOAT;
  }

  /** A part's gradients, before they are added to its worker's. */
  private static long freshGradients(long trainable) {
    return trainable * FLOAT;
  }

  /**
   * Matrices that decoding has of its own, counted as on a CPU: those that join others, and large
   * ones in oneDNN's order.
   */
  private long copies() {
    if (!copiesMatrices(config, LoraSettings.NONE)) {
      return 0;
    }
    long hidden = config.hiddenSize();
    long joined = hidden * (queries() + 2 * keys() + 2L * config.intermediateSize());
    long layer = joined + packed(hidden * queries()) + packed(hidden * config.intermediateSize());
    return (config.layers() * layer + packed(hidden * config.vocabularySize())) * element;
  }

  private long packed(long numbers) {
    return element == FLOAT && numbers >= SMALLEST_PACKED ? numbers : 0;
  }

  /** One layer over all prompts that are read at a time. */
  private long reading(long prompts, long promptTokens) {
    return prompts * promptTokens * widestLayer() * element;
  }

  /**
   * Logits, tempered, probabilities and what is kept of them; where the vocabulary is sorted, its
   * order and the ids of that as whole numbers of eight bytes, or in their place the running sum in
   * float64.
   */
  private long drawing(long rows, boolean truncated) {
    return rows * config.vocabularySize() * (4 * FLOAT + (truncated ? 2 * FLOAT + DOUBLE : 0));
  }

  private static long numbers(long[] shape) {
    return Arrays.stream(shape).reduce(1, Math::multiplyExact);
  }

  private long queries() {
    return (long) config.heads() * config.headDimension();
  }

  private long keys() {
    return (long) config.keyValueHeads() * config.headDimension();
  }

  /** Numbers that live at once within a layer, a token: attention's or the feed-forward's. */
  private long widestLayer() {
    return 2L * config.hiddenSize()
        + Math.max(
            3 * queries() + 4 * keys(), config.hiddenSize() + 3L * config.intermediateSize());
  }

  /**
   * Numbers that a layer keeps for its backward pass, a token: two residual sums, two norms with
   * what they scale; turned queries and keys, values (each key head repeated for its queries), the
   * mixture twice; gate, its activation, up, and their product.
   */
  private long savedByLayer() {
    boolean shared = config.heads() != config.keyValueHeads();
    boolean normed = config.family() == DecoderConfig.Family.QWEN3;
    return 6L * config.hiddenSize()
        + 3 * queries()
        + (shared ? 2 * queries() : 2 * keys())
        + (normed ? 2 * (queries() + keys()) : 0)
        + 4L * config.intermediateSize();
  }
}

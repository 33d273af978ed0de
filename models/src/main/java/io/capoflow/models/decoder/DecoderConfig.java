package io.capoflow.models.decoder;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * Shape of a decoder of the Llama or Qwen families, as {@code config.json} of a Hugging Face
 * checkpoint gives it.
 *
 * @param family which architecture
 * @param attentionBias whether the attention's projections have biases: query, key and value ones,
 *     and outside Qwen2 the output's, too
 * @param vocabularySize tokens
 * @param hiddenSize width of the residual stream
 * @param layers decoder blocks
 * @param heads query heads
 * @param keyValueHeads key and value heads, a divisor of {@code heads}
 * @param headDimension width of a head, even
 * @param intermediateSize width of the feed-forward layer
 * @param normEpsilon added to the mean square in RMSNorm
 * @param ropeTheta base of the rotary frequencies
 * @param ropeScaling how those are stretched
 * @param tiedEmbeddings whether the output projection is the embedding
 * @param maxPositions longest sequence, in tokens
 * @param bosTokenId opens a prompt, where the tokenizer's files do not say what does
 * @param eosTokenIds each ends a response; may be empty
 * @param padTokenId empty where the checkpoint names none
 */
public record DecoderConfig(
    Family family,
    boolean attentionBias,
    int vocabularySize,
    int hiddenSize,
    int layers,
    int heads,
    int keyValueHeads,
    int headDimension,
    int intermediateSize,
    double normEpsilon,
    double ropeTheta,
    RopeScaling ropeScaling,
    boolean tiedEmbeddings,
    int maxPositions,
    OptionalInt bosTokenId,
    List<Integer> eosTokenIds,
    OptionalInt padTokenId) {
  /** The file's name in a checkpoint directory. */
  public static final String FILE = ModelDirectory.CONFIG;

  /** The file beside it that says where generation starts and ends; may be missing. */
  public static final String GENERATION_FILE = ModelDirectory.GENERATION_CONFIG;

  /** The architectures that run here, by what sets one apart from another. */
  public enum Family {
    /** Touvron et al. 2023; Llama 2 and 3, and what is built like them. */
    LLAMA("LlamaForCausalLM", "llama"),
    /** Qwen 2 and 2.5: biases on query, key and value. */
    QWEN2("Qwen2ForCausalLM", "qwen2"),
    /** Qwen 3: queries and keys are normalised head by head before they turn. */
    QWEN3("Qwen3ForCausalLM", "qwen3");

    private final String architecture;
    private final String modelType;

    Family(String architecture, String modelType) {
      this.architecture = architecture;
      this.modelType = modelType;
    }

    /** As {@code architectures} spells it. */
    public String architecture() {
      return architecture;
    }

    /** As {@code model_type} spells it. */
    public String modelType() {
      return modelType;
    }
  }

  public DecoderConfig {
    requireNonNull(family, "family");
    requireNonNull(ropeScaling, "ropeScaling");
    requireNonNull(bosTokenId, "bosTokenId");
    requireNonNull(padTokenId, "padTokenId");
    eosTokenIds = List.copyOf(eosTokenIds);
    requirePositive(vocabularySize, "vocab_size");
    requirePositive(hiddenSize, "hidden_size");
    requirePositive(layers, "num_hidden_layers");
    requirePositive(heads, "num_attention_heads");
    requirePositive(keyValueHeads, "num_key_value_heads");
    requirePositive(headDimension, "head_dim");
    requirePositive(intermediateSize, "intermediate_size");
    requirePositive(maxPositions, "max_position_embeddings");
    if (heads % keyValueHeads != 0) {
      throw new IllegalArgumentException(
          "num_attention_heads must be a multiple of num_key_value_heads: "
              + heads
              + " against "
              + keyValueHeads);
    }
    if (headDimension % 2 != 0) {
      throw new IllegalArgumentException("head_dim must be even: " + headDimension);
    }
    if (!(normEpsilon > 0) || !(ropeTheta > 0)) {
      throw new IllegalArgumentException(
          "rms_norm_eps and rope_theta must be positive: " + normEpsilon + ", " + ropeTheta);
    }
  }

  /** A plain Llama without biases and with plain rotary embeddings. */
  public static DecoderConfig llama(
      int vocabularySize,
      int hiddenSize,
      int layers,
      int heads,
      int keyValueHeads,
      int headDimension,
      int intermediateSize,
      double normEpsilon,
      double ropeTheta,
      boolean tiedEmbeddings,
      int maxPositions,
      OptionalInt bosTokenId,
      List<Integer> eosTokenIds,
      OptionalInt padTokenId) {
    return new DecoderConfig(
        Family.LLAMA,
        false,
        vocabularySize,
        hiddenSize,
        layers,
        heads,
        keyValueHeads,
        headDimension,
        intermediateSize,
        normEpsilon,
        ropeTheta,
        new RopeScaling.Plain(),
        tiedEmbeddings,
        maxPositions,
        bosTokenId,
        eosTokenIds,
        padTokenId);
  }

  /**
   * Reads {@value #FILE} of a checkpoint directory, and from {@value #GENERATION_FILE}, where there
   * is one, the tokens that generation follows.
   *
   * @throws UserMistake when it is missing, or describes a model that cannot be run here; the
   *     message names file and field
   */
  public static DecoderConfig read(Path directory) {
    return DecoderConfigJson.read(requireNonNull(directory, "directory"));
  }

  /**
   * The file of a checkpoint directory that {@link #eosTokenIds} come from: {@value
   * #GENERATION_FILE} where that names any, else {@value #FILE}.
   */
  public static Path endTokensFile(Path directory) {
    return DecoderConfigJson.endTokensFile(directory);
  }

  /**
   * Writes {@value #FILE}.
   *
   * @param dtype safetensors name of the weights' type
   */
  public void write(Path directory, String dtype) {
    ConfigFiles.of(this).writeConfig(directory, ScalarType.valueOf(dtype));
  }

  private static void requirePositive(int value, String name) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be positive: " + value);
    }
  }
}

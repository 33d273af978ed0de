package io.capoflow.models.decoder;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;

/**
 * Shape of a Llama model, as {@code config.json} of a Hugging Face checkpoint ({@code
 * LlamaForCausalLM}) gives it.
 *
 * @param vocabularySize tokens
 * @param hiddenSize width of the residual stream
 * @param layers decoder blocks
 * @param heads query heads
 * @param keyValueHeads key and value heads, a divisor of {@code heads}
 * @param headDimension width of a head, even
 * @param intermediateSize width of the feed-forward layer
 * @param normEpsilon added to the mean square in RMSNorm
 * @param ropeTheta base of the rotary frequencies
 * @param tiedEmbeddings whether the output projection is the embedding
 * @param maxPositions longest sequence, in tokens
 * @param bosTokenId opens a prompt, where the model wants it
 * @param eosTokenIds each ends a response; may be empty
 * @param padTokenId empty where the checkpoint names none
 */
public record DecoderConfig(
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
  /** The file's name in a checkpoint directory. */
  public static final String FILE = "config.json";

  public DecoderConfig {
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

  /**
   * Reads {@value #FILE} of a checkpoint directory.
   *
   * @throws UserMistake when it is missing, or describes a model that cannot be run here; the
   *     message names file and field
   */
  public static DecoderConfig read(Path directory) {
    return DecoderConfigJson.read(requireNonNull(directory, "directory").resolve(FILE));
  }

  /**
   * Writes {@value #FILE}.
   *
   * @param dtype safetensors name of the weights' type
   */
  public void write(Path directory, String dtype) {
    DecoderConfigJson.write(this, directory.resolve(FILE), dtype);
  }

  private static void requirePositive(int value, String name) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be positive: " + value);
    }
  }
}

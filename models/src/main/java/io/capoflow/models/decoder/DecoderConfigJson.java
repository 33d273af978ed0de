package io.capoflow.models.decoder;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.decoder.DecoderConfig.Family;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** {@link DecoderConfig} as Hugging Face spells it, with Hugging Face's defaults. */
final class DecoderConfigJson {
  private static final double DEFAULT_NORM_EPSILON = 1e-6;

  /** Qwen 3's heads do not divide the hidden width among them. */
  private static final int DEFAULT_QWEN3_HEAD_DIMENSION = 128;

  /** Qwen's window in tokens, and how many of the first layers do without it. */
  private static final int DEFAULT_WINDOW = 4096;

  private static final int DEFAULT_FULL_LAYERS = 28;

  private static final String FULL_ATTENTION = "full_attention";
  private static final String SLIDING_ATTENTION = "sliding_attention";

  private final JsonFields fields;
  private final JsonFields generation;

  private DecoderConfigJson(JsonFields fields, JsonFields generation) {
    this.fields = fields;
    this.generation = generation;
  }

  /**
   * The configuration in a checkpoint directory. Tokens that {@code generation_config.json} names
   * go before those of {@code config.json}: it is what generation follows elsewhere, too.
   */
  static DecoderConfig read(Path directory) {
    Path file = directory.resolve(DecoderConfig.FILE);
    if (!Files.isRegularFile(file)) {
      throw new UserMistake(
          file + ": no such file; a checkpoint directory holds " + DecoderConfig.FILE);
    }
    return in(directory).config();
  }

  static Path endTokensFile(Path directory) {
    return in(directory).ofEndTokens().file();
  }

  private static DecoderConfigJson in(Path directory) {
    JsonFields fields = JsonFields.read(directory.resolve(DecoderConfig.FILE));
    Path generation = directory.resolve(DecoderConfig.GENERATION_FILE);
    return new DecoderConfigJson(
        fields, Files.isRegularFile(generation) ? JsonFields.read(generation) : fields);
  }

  /** {@code config.json} of a model that no file describes yet. */
  static ObjectNode config(DecoderConfig config) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putArray("architectures").add(config.family().architecture());
    root.put("model_type", config.family().modelType());
    root.put("vocab_size", config.vocabularySize());
    root.put("hidden_size", config.hiddenSize());
    root.put("num_hidden_layers", config.layers());
    root.put("num_attention_heads", config.heads());
    root.put("num_key_value_heads", config.keyValueHeads());
    root.put("head_dim", config.headDimension());
    root.put("intermediate_size", config.intermediateSize());
    root.put("hidden_act", "silu");
    root.put("rms_norm_eps", config.normEpsilon());
    RopeScalingJson.write(config, root);
    root.put("tie_word_embeddings", config.tiedEmbeddings());
    root.put("max_position_embeddings", config.maxPositions());
    if (config.family() != Family.QWEN2) {
      root.put("attention_bias", config.attentionBias());
    }
    if (config.family() == Family.LLAMA) {
      root.put("mlp_bias", false);
    }
    // Hugging Face gives a Llama that leaves these out the tokens of the first Llama.
    root.putNull("bos_token_id").putNull("eos_token_id").putNull("pad_token_id");
    putTokens(root, config);
    return root;
  }

  /** {@code generation_config.json}, which says where generation starts and ends. */
  static ObjectNode generationConfig(DecoderConfig config) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    putTokens(root, config);
    return root;
  }

  private static void putTokens(ObjectNode root, DecoderConfig config) {
    config.bosTokenId().ifPresent(id -> root.put("bos_token_id", id));
    if (config.eosTokenIds().size() == 1) {
      root.put("eos_token_id", config.eosTokenIds().get(0));
    } else if (!config.eosTokenIds().isEmpty()) {
      config.eosTokenIds().forEach(root.putArray("eos_token_id")::add);
    }
    config.padTokenId().ifPresent(id -> root.put("pad_token_id", id));
  }

  private DecoderConfig config() {
    Family family = family();
    requireRunnable();
    int hiddenSize = fields.integer("hidden_size");
    int layers = fields.integer("num_hidden_layers");
    int heads = fields.integer("num_attention_heads");
    int maxPositions = fields.integer("max_position_embeddings");
    RopeScalingJson rope = new RopeScalingJson(fields);
    try {
      DecoderConfig config =
          new DecoderConfig(
              family,
              family == Family.QWEN2 || fields.flag("attention_bias", false),
              fields.integer("vocab_size"),
              hiddenSize,
              layers,
              heads,
              fields.optionalInteger("num_key_value_heads").orElse(heads),
              fields.optionalInteger("head_dim").orElse(headDimension(family, hiddenSize, heads)),
              fields.integer("intermediate_size"),
              fields.optionalNumber("rms_norm_eps").orElse(DEFAULT_NORM_EPSILON),
              rope.theta(),
              rope.scaling(maxPositions),
              fields.flag("tie_word_embeddings", false),
              maxPositions,
              token("bos_token_id"),
              endTokens(),
              token("pad_token_id"));
      requireFullAttention(config);
      return config;
    } catch (IllegalArgumentException e) {
      throw new UserMistake(fields.file() + ": " + e.getMessage() + "; mend the field", e);
    }
  }

  private Family family() {
    String architecture = fields.root().path("architectures").path(0).asText();
    Family family =
        Arrays.stream(Family.values())
            .filter(candidate -> candidate.architecture().equals(architecture))
            .findFirst()
            .orElseThrow(
                () ->
                    fields.mistake(
                        "architectures",
                        "what runs here is "
                            + Arrays.stream(Family.values())
                                .map(Family::architecture)
                                .collect(Collectors.joining(", "))));
    if (!fields.text("model_type", family.modelType()).equals(family.modelType())) {
      throw fields.mistake(
          "architectures", "model_type says " + fields.text("model_type", "") + "; mend the file");
    }
    return family;
  }

  private static int headDimension(Family family, int hiddenSize, int heads) {
    return family == Family.QWEN3 ? DEFAULT_QWEN3_HEAD_DIMENSION : hiddenSize / Math.max(1, heads);
  }

  /** What would change the numbers, and is not built. */
  private void requireRunnable() {
    if (fields.has("quantization_config")) {
      throw fields.mistake("quantization_config", "only unquantised weights run here");
    }
    if (fields.flag("mlp_bias", false)) {
      throw fields.mistake("mlp_bias", "only feed-forward layers without biases run here");
    }
    if (!fields.text("hidden_act", "silu").equals("silu")) {
      throw fields.mistake("hidden_act", "only silu runs here");
    }
    if (fields.optionalNumber("partial_rotary_factor").orElse(1) != 1) {
      throw fields.mistake("partial_rotary_factor", "only heads that turn as a whole run here");
    }
  }

  /**
   * Refuses a window that some layer would look through. Qwen's files name one that they do not
   * use; Llama has none.
   */
  private void requireFullAttention(DecoderConfig config) {
    List<String> kinds = fields.texts("layer_types");
    for (String kind : kinds) {
      if (!kind.equals(FULL_ATTENTION) && !kind.equals(SLIDING_ATTENTION)) {
        throw fields.mistake("layer_types", "layers of type " + kind + " do not run here");
      }
    }
    if (config.family() == Family.LLAMA || !fields.flag("use_sliding_window", false)) {
      return;
    }
    // Missing and null differ: null is no window.
    int window =
        fields.root().has("sliding_window")
            ? fields.optionalInteger("sliding_window").orElse(Integer.MAX_VALUE)
            : DEFAULT_WINDOW;
    boolean someLayerSlides =
        kinds.isEmpty()
            ? fields.optionalInteger("max_window_layers").orElse(DEFAULT_FULL_LAYERS)
                < config.layers()
            : kinds.contains(SLIDING_ATTENTION);
    if (window < config.maxPositions() && someLayerSlides) {
      throw fields.mistake("use_sliding_window", "layers with a sliding window do not run here");
    }
  }

  private OptionalInt token(String field) {
    return (generation.has(field) ? generation : fields).optionalInteger(field);
  }

  private List<Integer> endTokens() {
    return ofEndTokens().tokenIds("eos_token_id");
  }

  private JsonFields ofEndTokens() {
    return generation.has("eos_token_id") ? generation : fields;
  }
}

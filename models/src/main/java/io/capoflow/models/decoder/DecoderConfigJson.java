package io.capoflow.models.decoder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** {@link DecoderConfig} as Hugging Face spells it. */
final class DecoderConfigJson {
  private static final String ARCHITECTURE = "LlamaForCausalLM";

  /** The rotary base of the architecture's first release, whose files leave it out. */
  private static final double DEFAULT_ROPE_THETA = 10_000;

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Path file;
  private final JsonNode root;

  private DecoderConfigJson(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  static DecoderConfig read(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UserMistake(
          file + ": no such file; a checkpoint directory holds " + DecoderConfig.FILE);
    }
    try {
      return new DecoderConfigJson(file, JSON.readTree(Files.readAllBytes(file))).config();
    } catch (JsonProcessingException e) {
      throw new UserMistake(file + ": not JSON; fetch it again", e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + file, e);
    }
  }

  static void write(DecoderConfig config, Path file, String dtype) {
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
    root.put("rope_theta", config.ropeTheta());
    root.put("tie_word_embeddings", config.tiedEmbeddings());
    root.put("max_position_embeddings", config.maxPositions());
    root.put("attention_bias", config.attentionBias());
    root.put("mlp_bias", false);
    putTokens(root, config);
    root.put("torch_dtype", torchName(dtype));
    writeJson(file, root);
  }

  /** {@code generation_config.json}, which says where generation starts and ends. */
  static void writeGenerationConfig(DecoderConfig config, Path file) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    putTokens(root, config);
    writeJson(file, root);
  }

  private static void putTokens(ObjectNode root, DecoderConfig config) {
    config.bosTokenId().ifPresent(id -> root.put("bos_token_id", id));
    if (config.eosTokenIds().size() == 1) {
      root.put("eos_token_id", config.eosTokenIds().get(0));
    } else if (!config.eosTokenIds().isEmpty()) {
      config.eosTokenIds().forEach(root.withArray("eos_token_id")::add);
    }
    config.padTokenId().ifPresent(id -> root.put("pad_token_id", id));
  }

  private static void writeJson(Path file, ObjectNode root) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      String text = JSON.writeValueAsString(root) + "\n";
      Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + file, e);
    }
  }

  static String torchName(String dtype) {
    return switch (dtype) {
      case "F16" -> "float16";
      case "BF16" -> "bfloat16";
      case "F64" -> "float64";
      default -> "float32";
    };
  }

  private DecoderConfig config() {
    JsonNode architecture = root.path("architectures").path(0);
    if (!architecture.asText().equals(ARCHITECTURE)) {
      throw mistake("architectures", architecture, "only " + ARCHITECTURE + " runs here");
    }
    requireAbsent("rope_scaling", "only plain rotary embeddings run here");
    requireAbsent("quantization_config", "only unquantised weights run here");
    requireFalse("attention_bias");
    requireFalse("mlp_bias");
    JsonNode activation = root.path("hidden_act");
    if (!activation.isMissingNode() && !activation.asText().equals("silu")) {
      throw mistake("hidden_act", activation, "only silu runs here");
    }
    int hiddenSize = integer("hidden_size");
    int heads = integer("num_attention_heads");
    try {
      return DecoderConfig.llama(
          integer("vocab_size"),
          hiddenSize,
          integer("num_hidden_layers"),
          heads,
          optionalInteger("num_key_value_heads").orElse(heads),
          optionalInteger("head_dim").orElse(hiddenSize / Math.max(1, heads)),
          integer("intermediate_size"),
          number("rms_norm_eps", root.path("rms_norm_eps")),
          ropeTheta(),
          root.path("tie_word_embeddings").asBoolean(false),
          integer("max_position_embeddings"),
          optionalInteger("bos_token_id"),
          tokenIds("eos_token_id"),
          optionalInteger("pad_token_id"));
    } catch (IllegalArgumentException e) {
      throw new UserMistake(file + ": " + e.getMessage() + "; mend the field", e);
    }
  }

  /** Newer files gather what concerns rotary embeddings in one object; some hold both forms. */
  private double ropeTheta() {
    JsonNode plain = root.path("rope_theta");
    JsonNode parameters = root.path("rope_parameters");
    if (absent(parameters)) {
      return absent(plain) ? DEFAULT_ROPE_THETA : number("rope_theta", plain);
    }
    JsonNode type = parameters.path(parameters.has("rope_type") ? "rope_type" : "type");
    boolean plainRotary = absent(type) || type.asText().equals("default");
    if (!parameters.isObject() || !plainRotary) {
      throw mistake("rope_parameters", parameters, "only plain rotary embeddings run here");
    }
    JsonNode nested = parameters.path("rope_theta");
    if (absent(nested)) {
      return absent(plain) ? DEFAULT_ROPE_THETA : number("rope_theta", plain);
    }
    double theta = number("rope_parameters.rope_theta", nested);
    if (!absent(plain) && number("rope_theta", plain) != theta) {
      throw mistake(
          "rope_theta", plain, "rope_parameters says " + nested + "; make both say the same");
    }
    return theta;
  }

  private static boolean absent(JsonNode node) {
    return node.isMissingNode() || node.isNull();
  }

  private int integer(String field) {
    return optionalInteger(field)
        .orElseThrow(() -> new UserMistake(file + ": field " + field + " is missing; add it"));
  }

  private OptionalInt optionalInteger(String field) {
    JsonNode node = root.path(field);
    if (absent(node)) {
      return OptionalInt.empty();
    }
    if (!node.isInt()) {
      throw mistake(field, node, "a whole number is wanted");
    }
    return OptionalInt.of(node.intValue());
  }

  private double number(String field, JsonNode node) {
    if (!node.isNumber()) {
      throw mistake(field, node, "a number is wanted");
    }
    return node.doubleValue();
  }

  private List<Integer> tokenIds(String field) {
    JsonNode node = root.path(field);
    if (!node.isArray()) {
      return optionalInteger(field).stream().boxed().toList();
    }
    List<Integer> ids = new ArrayList<>();
    for (JsonNode id : node) {
      if (!id.isInt()) {
        throw mistake(field, node, "whole numbers are wanted");
      }
      ids.add(id.intValue());
    }
    return ids;
  }

  private void requireAbsent(String field, String reason) {
    JsonNode node = root.path(field);
    if (!absent(node)) {
      throw mistake(field, node, reason);
    }
  }

  private void requireFalse(String field) {
    JsonNode node = root.path(field);
    if (node.asBoolean(false)) {
      throw mistake(field, node, "only models without biases run here");
    }
  }

  private UserMistake mistake(String field, JsonNode value, String reason) {
    String shown = value.isMissingNode() ? "missing" : value.toString();
    return new UserMistake(file + ": field " + field + " is " + shown + "; " + reason);
  }
}

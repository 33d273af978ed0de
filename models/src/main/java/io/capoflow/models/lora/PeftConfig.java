package io.capoflow.models.lora;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An adapter as PEFT's {@value #FILE} describes it. Of PEFT's many variants the plain one is read;
 * what would make the model compute something else is refused by name.
 *
 * @param baseModel {@code base_model_name_or_path}; empty where the file names none
 * @param revision of the base, where that is a model of a hub; empty: its main branch
 */
public record PeftConfig(String baseModel, Optional<String> revision, LoraSettings settings) {
  /** The file's name in an adapter's directory. */
  public static final String FILE = "adapter_config.json";

  /** The adapter's tensors, beside {@value #FILE}. */
  public static final String TENSORS_FILE = "adapter_model.safetensors";

  /** PEFT's own word for every matrix but the output projection. */
  private static final String ALL_LINEAR = "all-linear";

  /** Fields that say nothing about what the model computes. */
  private static final Set<String> HARMLESS =
      Set.of(
          "auto_mapping",
          "base_model_name_or_path",
          "eva_config",
          "inference_mode",
          // Dropout is for training, and ours has none.
          "lora_dropout",
          "megatron_config",
          "megatron_core",
          "peft_version",
          "revision",
          "runtime_config",
          "qalora_group_size");

  /** Fields that are read, or have one value only. */
  private static final Map<String, Set<String>> VALUES =
      Map.of(
          "peft_type", Set.of("LORA"),
          "task_type", Set.of("CAUSAL_LM"),
          "bias", Set.of("none"),
          // The others leave a base that is not the published one.
          "init_lora_weights", Set.of("true", "false", "gaussian", "eva", "orthogonal"));

  private static final Set<String> READ = Set.of("r", "lora_alpha", "target_modules", "use_rslora");

  public PeftConfig {
    requireNonNull(baseModel, "baseModel");
    requireNonNull(revision, "revision");
    requireNonNull(settings, "settings");
    if (!settings.isAdapter()) {
      throw new IllegalArgumentException("no adapter to describe");
    }
  }

  /** An adapter whose base is a directory, or the main branch of a model of a hub. */
  public PeftConfig(String baseModel, LoraSettings settings) {
    this(baseModel, Optional.empty(), settings);
  }

  /** Whether a directory holds an adapter. */
  public static boolean isIn(Path directory) {
    return Files.isRegularFile(directory.resolve(FILE));
  }

  /**
   * Reads {@value #FILE} of an adapter's directory.
   *
   * @throws UserMistake when it is missing, or describes an adapter that does not run here; the
   *     message names file and field
   */
  public static PeftConfig read(Path directory) {
    Path file = directory.resolve(FILE);
    try {
      return read(file, Json.LENIENT.readTree(Files.readAllBytes(file)));
    } catch (NoSuchFileException e) {
      throw new UserMistake(directory + ": no " + FILE + " there; name an adapter's directory", e);
    } catch (JsonProcessingException e) {
      throw new UserMistake(file + ": not JSON; fetch it again", e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + file, e);
    }
  }

  /** Writes {@value #FILE}, byte for byte as PEFT's {@code save_pretrained} lays it out. */
  public void write(Path directory) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putObject("alpha_pattern");
    root.putNull("auto_mapping");
    root.put("base_model_name_or_path", baseModel);
    root.put("bias", "none");
    root.put("fan_in_fan_out", false);
    root.put("inference_mode", true);
    root.put("init_lora_weights", true);
    root.putNull("layer_replication");
    root.putNull("layers_pattern");
    root.putNull("layers_to_transform");
    root.putObject("loftq_config");
    if (settings.alpha() == Math.rint(settings.alpha()) && settings.alpha() < 1e9) {
      root.put("lora_alpha", (long) settings.alpha());
    } else {
      root.put("lora_alpha", settings.alpha());
    }
    root.put("lora_dropout", 0.0);
    root.putNull("megatron_config");
    root.put("megatron_core", "megatron.core");
    root.putNull("modules_to_save");
    root.put("peft_type", "LORA");
    root.put("r", settings.rank());
    root.putObject("rank_pattern");
    root.put("revision", revision.orElse(null));
    settings.targets().forEach(target -> root.withArray("target_modules").add(target.label()));
    root.put("task_type", "CAUSAL_LM");
    root.put("use_dora", false);
    root.put("use_rslora", settings.rankStabilised());
    Path file = directory.resolve(FILE);
    try {
      Files.createDirectories(directory);
      String text = Json.LIKE_PYTHON.writeValueAsString(root);
      Files.write(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + file, e);
    }
  }

  private static PeftConfig read(Path file, JsonNode root) {
    requirePlain(file, root);
    JsonNode rank = root.path("r");
    if (!rank.isInt() || rank.intValue() < 1) {
      throw mistake(file, "r", rank, "a positive whole number is wanted");
    }
    JsonNode alpha = root.path("lora_alpha");
    if (!alpha.isNumber() || !(alpha.doubleValue() > 0)) {
      throw mistake(file, "lora_alpha", alpha, "a positive number is wanted");
    }
    return new PeftConfig(
        root.path("base_model_name_or_path").asText(""),
        Optional.of(root.path("revision")).filter(JsonNode::isTextual).map(JsonNode::textValue),
        new LoraSettings(
            rank.intValue(),
            alpha.doubleValue(),
            targets(file, root.path("target_modules")),
            root.path("use_rslora").asBoolean(false)));
  }

  private static void requirePlain(Path file, JsonNode root) {
    if (!root.path("peft_type").isTextual()) {
      throw mistake(file, "peft_type", root.path("peft_type"), "only LORA runs here");
    }
    root.fields()
        .forEachRemaining(
            field -> {
              String name = field.getKey();
              JsonNode value = field.getValue();
              if (HARMLESS.contains(name) || READ.contains(name) || value.isNull()) {
                return;
              }
              if (VALUES.containsKey(name)) {
                if (!VALUES.get(name).contains(value.asText())) {
                  throw mistake(
                      file,
                      name,
                      value,
                      "only " + String.join(", ", VALUES.get(name)) + " runs here");
                }
              } else if (!isUnset(value)) {
                throw mistake(file, name, value, "only plain LoRA runs here");
              }
            });
  }

  /** Whether a field says no more than its absence would. */
  private static boolean isUnset(JsonNode value) {
    return (value.isContainerNode() && value.isEmpty())
        || (value.isBoolean() && !value.booleanValue());
  }

  private static List<LoraTarget> targets(Path file, JsonNode modules) {
    if (modules.isTextual() && modules.asText().equals(ALL_LINEAR)) {
      return LoraTarget.all();
    }
    if (!modules.isArray() || modules.isEmpty()) {
      throw mistake(file, "target_modules", modules, "a list of modules, or all-linear, runs here");
    }
    List<LoraTarget> targets = new ArrayList<>();
    for (JsonNode module : modules) {
      targets.add(
          LoraTarget.named(module.asText())
              .orElseThrow(
                  () ->
                      mistake(
                          file,
                          "target_modules",
                          module,
                          "adapters run here on "
                              + String.join(
                                  ", ",
                                  LoraTarget.all().stream().map(LoraTarget::label).toList()))));
    }
    return targets;
  }

  private static UserMistake mistake(Path file, String field, JsonNode value, String reason) {
    String shown = value.isMissingNode() ? "missing" : value.toString();
    return new UserMistake(file + ": field " + field + " is " + shown + "; " + reason);
  }
}

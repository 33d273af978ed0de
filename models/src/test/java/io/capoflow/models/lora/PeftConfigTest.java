package io.capoflow.models.lora;

import static io.capoflow.models.lora.LoraTarget.DOWN_PROJ;
import static io.capoflow.models.lora.LoraTarget.O_PROJ;
import static io.capoflow.models.lora.LoraTarget.Q_PROJ;
import static io.capoflow.models.lora.LoraTarget.V_PROJ;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PeftConfigTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path directory;
  private ObjectNode fields;

  /** The fields that PEFT 0.17 writes. */
  @BeforeEach
  void readWhatPeftWrites() throws Exception {
    fields =
        (ObjectNode)
            JSON.readTree(
                PeftConfigTest.class.getResource(
                    "/io/capoflow/models/lora/llama/some/adapter_config.json"));
  }

  @Test
  void theFileIsPeftsByteForByte() throws IOException {
    new PeftConfig("../v00000", LoraSettings.of(16, 32, List.of(V_PROJ, Q_PROJ))).write(directory);

    // As Python's json.dumps(fields, indent=2, sort_keys=True) gives it.
    assertThat(directory.resolve("adapter_config.json"))
        .hasContent(
            """
            {
              "alpha_pattern": {},
              "auto_mapping": null,
              "base_model_name_or_path": "../v00000",
              "bias": "none",
              "fan_in_fan_out": false,
              "inference_mode": true,
              "init_lora_weights": true,
              "layer_replication": null,
              "layers_pattern": null,
              "layers_to_transform": null,
              "loftq_config": {},
              "lora_alpha": 32,
              "lora_dropout": 0.0,
              "megatron_config": null,
              "megatron_core": "megatron.core",
              "modules_to_save": null,
              "peft_type": "LORA",
              "r": 16,
              "rank_pattern": {},
              "revision": null,
              "target_modules": [
                "q_proj",
                "v_proj"
              ],
              "task_type": "CAUSAL_LM",
              "use_dora": false,
              "use_rslora": false
            }"""
                .stripTrailing());
  }

  @Test
  void whatIsWrittenIsReadAgain() {
    PeftConfig config = new PeftConfig("base", new LoraSettings(8, 12.5, LoraTarget.all(), true));
    config.write(directory);

    assertThat(PeftConfig.isIn(directory)).isTrue();
    assertThat(PeftConfig.read(directory)).isEqualTo(config);
  }

  @Test
  void whatPeftWroteIsRead() throws IOException {
    assertThat(read())
        .isEqualTo(
            new PeftConfig("../base", LoraSettings.of(3, 6, List.of(Q_PROJ, V_PROJ, DOWN_PROJ))));
  }

  @Test
  void theScaleIsAlphaOverTheRankOrItsRoot() throws IOException {
    fields.put("r", 16).put("lora_alpha", 32);
    assertThat(read().settings().scale()).isEqualTo(2);
    fields.put("use_rslora", true);
    assertThat(read().settings().scale()).isCloseTo(8, within(1e-12));
  }

  @Test
  void modulesMayBeNamedByTheirPathsEndOrAllAtOnce() throws IOException {
    fields.putArray("target_modules").add("self_attn.o_proj").add("q_proj");
    assertThat(read().settings().targets()).containsExactly(Q_PROJ, O_PROJ);
    fields.put("target_modules", "all-linear");
    assertThat(read().settings().targets()).isEqualTo(LoraTarget.all());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "peft_type | \"LOHA\"",
        "peft_type | null",
        "task_type | \"SEQ_CLS\"",
        "bias | \"all\"",
        "lora_bias | true",
        "use_dora | true",
        "use_qalora | true",
        "fan_in_fan_out | true",
        "modules_to_save | [\"lm_head\"]",
        "rank_pattern | {\"q_proj\": 8}",
        "alpha_pattern | {\"q_proj\": 8}",
        "layers_to_transform | [0]",
        "layers_to_transform | 0",
        "exclude_modules | [\"q_proj\"]",
        "target_parameters | [\"experts\"]",
        "init_lora_weights | \"pissa\"",
        "a_field_of_the_future | \"on\"",
        "target_modules | \".*q_proj\"",
        "target_modules | [\"q_proj\", \"lm_head\"]",
        "target_modules | []",
        "r | 0",
        "r | \"16\"",
        "lora_alpha | -1"
      })
  void whatDoesNotRunHereIsRefusedByName(String field, String value) throws IOException {
    fields.set(field, JSON.readTree(value));
    assertThatThrownBy(this::read)
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(directory.resolve("adapter_config.json") + ": field " + field)
        .message()
        .hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"r", "lora_alpha", "target_modules", "peft_type"})
  void aMissingFieldIsNamed(String field) throws IOException {
    fields.remove(field);
    assertThatThrownBy(this::read)
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("field " + field + " is missing");
  }

  @Test
  void aFileThatIsNotThereOrNotJsonIsNamed() throws IOException {
    assertThat(PeftConfig.isIn(directory)).isFalse();
    assertThatThrownBy(() -> PeftConfig.read(directory))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("no adapter_config.json there");
    Files.writeString(directory.resolve("adapter_config.json"), "{");
    assertThatThrownBy(() -> PeftConfig.read(directory))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("not JSON");
  }

  @Test
  void rankAndTargetsGoTogether() {
    assertThat(LoraSettings.of(0, 32, LoraTarget.all())).isEqualTo(LoraSettings.NONE);
    assertThatThrownBy(() -> LoraSettings.of(4, 8, List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> LoraSettings.of(4, 0, LoraTarget.all()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private PeftConfig read() throws IOException {
    Files.writeString(directory.resolve("adapter_config.json"), fields.toString());
    return PeftConfig.read(directory);
  }
}

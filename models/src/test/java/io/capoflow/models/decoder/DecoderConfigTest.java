package io.capoflow.models.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecoderConfigTest {
  /** As Hugging Face's Llama-3-8B-Instruct has it. */
  private static final String PUBLISHED =
      """
      {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": false,
        "attention_dropout": 0.0,
        "bos_token_id": 128000,
        "eos_token_id": [128001, 128009],
        "hidden_act": "silu",
        "hidden_size": 4096,
        "initializer_range": 0.02,
        "intermediate_size": 14336,
        "max_position_embeddings": 8192,
        "model_type": "llama",
        "num_attention_heads": 32,
        "num_hidden_layers": 32,
        "num_key_value_heads": 8,
        "pretraining_tp": 1,
        "rms_norm_eps": 1e-05,
        "rope_scaling": null,
        "rope_theta": 500000.0,
        "tie_word_embeddings": false,
        "torch_dtype": "bfloat16",
        "use_cache": true,
        "vocab_size": 128256
      }
      """;

  @TempDir Path directory;

  @Test
  void readsAPublishedConfiguration() throws IOException {
    assertThat(read(PUBLISHED))
        .isEqualTo(
            DecoderConfig.llama(
                128256,
                4096,
                32,
                32,
                8,
                128,
                14336,
                1e-5,
                500_000,
                false,
                8192,
                OptionalInt.of(128000),
                List.of(128001, 128009),
                OptionalInt.empty()));
  }

  @Test
  void whatIsWrittenReadsBack() {
    for (List<Integer> eos : List.of(List.<Integer>of(), List.of(2), List.of(2, 5))) {
      DecoderConfig config = TinyModels.config(true, 1, eos);
      config.write(directory, "F32");
      assertThat(DecoderConfig.read(directory)).isEqualTo(config);
    }
  }

  @Test
  void olderFilesMayLeaveFieldsOut() throws IOException {
    DecoderConfig config =
        read(
            """
            {"architectures": ["LlamaForCausalLM"], "hidden_size": 64, "intermediate_size": 172,
             "max_position_embeddings": 512, "num_attention_heads": 8, "num_hidden_layers": 5,
             "rms_norm_eps": 1e-6, "vocab_size": 512}
            """);
    assertThat(config.keyValueHeads()).isEqualTo(8);
    assertThat(config.headDimension()).isEqualTo(8);
    assertThat(config.ropeTheta()).isEqualTo(10_000);
    assertThat(config.tiedEmbeddings()).isFalse();
    assertThat(config.eosTokenIds()).isEmpty();
  }

  @Test
  void newerFilesGatherTheRotaryFields() throws IOException {
    String theta = "\"rope_theta\": 500000.0";
    for (String parameters :
        List.of(
            "{\"rope_theta\": 250000.0, \"rope_type\": \"default\"}",
            "{\"rope_theta\": 250000.0}",
            "{\"rope_theta\": 250000, \"rope_type\": null}")) {
      assertThat(read(PUBLISHED.replace(theta, "\"rope_parameters\": " + parameters)).ropeTheta())
          .isEqualTo(250_000);
    }
    for (String parameters :
        List.of("null", "{\"rope_type\": \"default\"}", "{\"rope_theta\": 500000}")) {
      assertThat(
              read(PUBLISHED.replace(theta, theta + ", \"rope_parameters\": " + parameters))
                  .ropeTheta())
          .isEqualTo(500_000);
    }
  }

  @Test
  void rotaryFieldsThatCannotRunOrDisagreeAreRefused() {
    String theta = "\"rope_theta\": 500000.0";
    for (String parameters :
        List.of(
            "{\"rope_theta\": 500000.0, \"rope_type\": \"llama3\"}",
            "{\"rope_theta\": 500000.0, \"type\": \"linear\", \"factor\": 2}",
            "{\"full_attention\": {\"rope_type\": \"default\"}, \"rope_type\": \"yarn\"}",
            "{\"rope_theta\": \"many\"}",
            "3")) {
      assertRefused(theta, "\"rope_parameters\": " + parameters, "rope_parameters");
    }
    assertRefused(
        theta, theta + ", \"rope_parameters\": {\"rope_theta\": 250000.0}", "rope_theta is 500000");
    assertRefused(theta, "\"rope_theta\": \"many\"", "rope_theta");
  }

  @Test
  void whatCannotRunIsRefusedByFileAndField() {
    assertRefused("\"LlamaForCausalLM\"", "\"Qwen2ForCausalLM\"", "architectures");
    assertRefused("\"vocab_size\": 128256", "\"x\": 1", "vocab_size");
    assertRefused("\"vocab_size\": 128256", "\"vocab_size\": \"many\"", "vocab_size");
    assertRefused("\"rms_norm_eps\": 1e-05", "\"x\": 1", "rms_norm_eps");
    assertRefused(
        "\"rope_scaling\": null", "\"rope_scaling\": {\"rope_type\": \"llama3\"}", "rope_scaling");
    assertRefused("\"attention_bias\": false", "\"attention_bias\": true", "attention_bias");
    assertRefused("\"silu\"", "\"gelu\"", "hidden_act");
    assertRefused("\"num_key_value_heads\": 8", "\"num_key_value_heads\": 7", "num_key_value");
    assertRefused("[128001, 128009]", "[128001, \"x\"]", "eos_token_id");
    assertRefused("\"hidden_size\": 4096", "\"hidden_size\": -1", "hidden_size");
  }

  @Test
  void aMissingOrBrokenFileIsNamed() {
    assertThatThrownBy(() -> DecoderConfig.read(directory.resolve("nowhere")))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("nowhere");
    assertThatThrownBy(() -> read("{\"architectures\": "))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining("JSON");
  }

  private void assertRefused(String from, String to, String field) {
    assertThat(PUBLISHED).contains(from);
    assertThatThrownBy(() -> read(PUBLISHED.replace(from, to)))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining(field)
        .hasMessageNotContaining("\n");
  }

  private DecoderConfig read(String json) throws IOException {
    Files.writeString(directory.resolve(DecoderConfig.FILE), json);
    return DecoderConfig.read(directory);
  }
}

package io.capoflow.models.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
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
            "{\"rope_theta\": 500000.0, \"type\": \"linear\"}",
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
    assertRefused("\"LlamaForCausalLM\"", "\"MistralForCausalLM\"", "architectures");
    assertRefused("\"LlamaForCausalLM\"", "\"Qwen2ForCausalLM\"", "model_type says llama");
    assertRefused("\"vocab_size\": 128256", "\"x\": 1", "vocab_size");
    assertRefused("\"vocab_size\": 128256", "\"vocab_size\": \"many\"", "vocab_size");
    assertRefused("\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": 0", "rms_norm_eps");
    assertRefused(
        "\"rope_scaling\": null", "\"rope_scaling\": {\"rope_type\": \"llama3\"}", "rope_scaling");
    assertRefused("\"attention_bias\": false", "\"mlp_bias\": true", "mlp_bias");
    assertRefused("\"attention_bias\": false", "\"attention_bias\": 1", "attention_bias");
    assertRefused(
        "\"pretraining_tp\": 1",
        "\"quantization_config\": {\"quant_method\": \"awq\"}",
        "quantization_config");
    assertRefused("\"pretraining_tp\": 1", "\"partial_rotary_factor\": 0.5", "partial_rotary");
    assertRefused("\"silu\"", "\"gelu\"", "hidden_act");
    assertRefused("\"num_key_value_heads\": 8", "\"num_key_value_heads\": 7", "num_key_value");
    assertRefused("[128001, 128009]", "[128001, \"x\"]", "eos_token_id");
    assertRefused("\"hidden_size\": 4096", "\"hidden_size\": -1", "hidden_size");
  }

  /** As Hugging Face's Qwen2.5-0.5B-Instruct has it. */
  private static final String QWEN2 =
      """
      {
        "architectures": ["Qwen2ForCausalLM"],
        "attention_dropout": 0.0,
        "bos_token_id": 151643,
        "eos_token_id": 151645,
        "hidden_act": "silu",
        "hidden_size": 896,
        "initializer_range": 0.02,
        "intermediate_size": 4864,
        "max_position_embeddings": 32768,
        "max_window_layers": 21,
        "model_type": "qwen2",
        "num_attention_heads": 14,
        "num_hidden_layers": 24,
        "num_key_value_heads": 2,
        "rms_norm_eps": 1e-06,
        "rope_theta": 1000000.0,
        "sliding_window": 32768,
        "tie_word_embeddings": true,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.43.1",
        "use_cache": true,
        "use_sliding_window": false,
        "vocab_size": 151936
      }
      """;

  /** As Hugging Face's Qwen3-0.6B has it. */
  private static final String QWEN3 =
      """
      {
        "architectures": ["Qwen3ForCausalLM"],
        "attention_bias": false,
        "attention_dropout": 0.0,
        "bos_token_id": 151643,
        "eos_token_id": 151645,
        "head_dim": 128,
        "hidden_act": "silu",
        "hidden_size": 1024,
        "initializer_range": 0.02,
        "intermediate_size": 3072,
        "max_position_embeddings": 40960,
        "max_window_layers": 28,
        "model_type": "qwen3",
        "num_attention_heads": 16,
        "num_hidden_layers": 28,
        "num_key_value_heads": 8,
        "rms_norm_eps": 1e-06,
        "rope_scaling": null,
        "rope_theta": 1000000,
        "sliding_window": null,
        "tie_word_embeddings": true,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.51.0",
        "use_cache": true,
        "use_sliding_window": false,
        "vocab_size": 151936
      }
      """;

  @Test
  void readsPublishedConfigurationsOfQwen() throws IOException {
    assertThat(read(QWEN2))
        .isEqualTo(
            new DecoderConfig(
                DecoderConfig.Family.QWEN2,
                true,
                151936,
                896,
                24,
                14,
                2,
                64,
                4864,
                1e-6,
                1_000_000,
                new RopeScaling.Plain(),
                true,
                32768,
                OptionalInt.of(151643),
                List.of(151645),
                OptionalInt.empty()));
    assertThat(read(QWEN3))
        .isEqualTo(
            new DecoderConfig(
                DecoderConfig.Family.QWEN3,
                false,
                151936,
                1024,
                28,
                16,
                8,
                128,
                3072,
                1e-6,
                1_000_000,
                new RopeScaling.Plain(),
                true,
                40960,
                OptionalInt.of(151643),
                List.of(151645),
                OptionalInt.empty()));
  }

  @Test
  void missingFieldsHaveTheFamilysDefaults() throws IOException {
    String sizes =
        """
        {"architectures": ["%s"], "hidden_size": 64, "intermediate_size": 172,
         "max_position_embeddings": 512, "num_attention_heads": 8, "num_hidden_layers": 5,
         "vocab_size": 512}
        """;
    for (DecoderConfig.Family family : DecoderConfig.Family.values()) {
      DecoderConfig config = read(sizes.formatted(family.architecture()));
      assertThat(config.normEpsilon()).isEqualTo(1e-6);
      assertThat(config.ropeTheta()).isEqualTo(10_000);
      assertThat(config.tiedEmbeddings()).isFalse();
      assertThat(config.keyValueHeads()).isEqualTo(8);
      assertThat(config.headDimension()).isEqualTo(family == DecoderConfig.Family.QWEN3 ? 128 : 8);
      assertThat(config.attentionBias()).isEqualTo(family == DecoderConfig.Family.QWEN2);
    }
  }

  @Test
  void bothSpellingsOfRotaryScalingRead() throws IOException {
    Map<String, RopeScaling> kinds =
        Map.of(
            "'linear', 'factor': 4.0",
            new RopeScaling.Linear(4),
            // As Llama-3.2-1B has it.
            "'llama3', 'factor': 32.0, 'low_freq_factor': 1.0, 'high_freq_factor': 4.0,"
                + " 'original_max_position_embeddings': 8192",
            new RopeScaling.Llama3(32, 1, 4, 8192),
            // As Qwen2.5's model card has it.
            "'yarn', 'factor': 4.0, 'original_max_position_embeddings': 32768",
            new RopeScaling.Yarn(4, 32, 1, 0.1 * Math.log(4) + 1, true, 32768),
            "'yarn', 'factor': 4, 'beta_fast': 16, 'beta_slow': 2, 'attention_factor': 1.5,"
                + " 'truncate': false",
            new RopeScaling.Yarn(4, 16, 2, 1.5, false, 8192),
            "'yarn', 'factor': 40, 'mscale': 1.0, 'mscale_all_dim': 0.5",
            new RopeScaling.Yarn(
                40, 32, 1, (0.1 * Math.log(40) + 1) / (0.05 * Math.log(40) + 1), true, 8192));
    for (Map.Entry<String, RopeScaling> kind : kinds.entrySet()) {
      String fields = kind.getKey().replace('\'', '"');
      for (String spelling :
          List.of(
              "\"rope_scaling\": {\"rope_type\": " + fields + "}",
              "\"rope_scaling\": {\"type\": " + fields + "}",
              "\"rope_parameters\": {\"rope_theta\": 500000.0, \"rope_type\": " + fields + "}")) {
        DecoderConfig config = read(PUBLISHED.replace("\"rope_scaling\": null", spelling));
        assertThat(config.ropeScaling()).isEqualTo(kind.getValue());
        config.write(directory, "F32");
        assertThat(DecoderConfig.read(directory)).isEqualTo(config);
      }
    }
  }

  @Test
  void rotaryScalingThatIsNotBuiltIsRefusedByName() {
    String none = "\"rope_scaling\": null";
    for (String kind : List.of("dynamic", "longrope", "mrope", "su")) {
      assertRefused(
          none,
          "\"rope_scaling\": {\"type\": \"" + kind + "\", \"factor\": 2.0}",
          "rope type " + kind + " does not run here");
    }
    assertRefused(
        none,
        "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 2.0},"
            + " \"rope_parameters\": {\"rope_type\": \"default\"}",
        "rope_parameters says something else");
    assertRefused(
        none, "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 0.5}", "at least 1");
    assertRefused(
        none,
        "\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": \"2\"}",
        "rope_scaling.factor");
    assertRefused(
        none, "\"rope_scaling\": {\"rope_type\": \"yarn\"}", "rope_scaling.factor is missing");
  }

  @Test
  void aSlidingWindowIsRefusedWhereSomeLayerLooksThroughIt() throws IOException {
    String used = QWEN2.replace("\"use_sliding_window\": false", "\"use_sliding_window\": true");
    // As long as the context: it hides nothing.
    assertThat(read(used)).isEqualTo(read(QWEN2));
    String narrow = used.replace("\"sliding_window\": 32768", "\"sliding_window\": 4096");
    assertThatThrownBy(() -> read(narrow))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("use_sliding_window");
    assertThat(read(narrow.replace("\"max_window_layers\": 21", "\"max_window_layers\": 24")))
        .isEqualTo(read(QWEN2));
    // Hugging Face's defaults: 28 layers without a window, and a window of 4,096.
    String bare = used.replace("\"max_window_layers\": 21,", "");
    assertThat(read(bare)).isEqualTo(read(QWEN2));
    String deep = bare.replace("\"num_hidden_layers\": 24", "\"num_hidden_layers\": 29");
    assertThat(read(deep).layers()).isEqualTo(29);
    assertThat(read(deep.replace("\"sliding_window\": 32768", "\"sliding_window\": null")).layers())
        .isEqualTo(29);
    assertThatThrownBy(() -> read(deep.replace("\"sliding_window\": 32768,", "")))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("use_sliding_window");
    String kinds = "\"layer_types\": [\"full_attention\", \"%s\"], \"vocab_size\"";
    assertThatThrownBy(
            () -> read(narrow.replace("\"vocab_size\"", kinds.formatted("sliding_attention"))))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("use_sliding_window");
    assertThatThrownBy(
            () -> read(QWEN2.replace("\"vocab_size\"", kinds.formatted("linear_attention"))))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("linear_attention");
  }

  @Test
  void tokensOfTheGenerationConfigurationGoFirst() throws IOException {
    Files.writeString(
        directory.resolve(DecoderConfig.GENERATION_FILE),
        "{\"eos_token_id\": [151645, 151643], \"pad_token_id\": 151643, \"top_p\": 0.8}");
    DecoderConfig config = read(QWEN2);
    assertThat(config.eosTokenIds()).containsExactly(151645, 151643);
    assertThat(config.padTokenId()).hasValue(151643);
    assertThat(config.bosTokenId()).hasValue(151643);

    Files.writeString(
        directory.resolve(DecoderConfig.GENERATION_FILE), "{\"eos_token_id\": \"end\"}");
    assertThatThrownBy(() -> read(QWEN2))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(DecoderConfig.GENERATION_FILE)
        .hasMessageContaining("eos_token_id");
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

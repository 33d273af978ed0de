package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An adapter on the shipped policy, merged from the command line. */
final class MergeCommandTest {
  private static final Path POLICY =
      Path.of(System.getProperty("capoflow.home"), "weights", "arithmetic-policy");

  @TempDir private Path directory;
  private Path adapter;
  private Path output;

  @BeforeEach
  void saveAdapter() {
    adapter = directory.resolve("adapter");
    output = directory.resolve("merged");
    LoraSettings lora = LoraSettings.of(4, 8, List.of(LoraTarget.Q_PROJ, LoraTarget.V_PROJ));
    try (CausalLm model =
        ModelLoader.load(Loading.forTraining(POLICY, "cpu").withAdapter(lora, 1))) {
      model.save(adapter);
    }
  }

  @Test
  void aMergeSaysWhatItDid() throws IOException {
    CliRun run = merge("--dtype", "bf16");
    assertThat(run.errors()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.out()).startsWith("merged 6 of 30 tensors of ").hasLineCount(1);
    assertThat(run.out()).contains(adapter.toString(), "written as BF16 to " + output);
    assertThat(Safetensors.readCheckpoint(output).values())
        .allMatch(tensor -> tensor.dtype().equals("BF16"));
    assertThat(new ObjectMapper().readTree(output.resolve("config.json").toFile()))
        .anyMatch(field -> field.asText().equals("bfloat16"));
    assertThat(output.resolve("tokenizer.json"))
        .hasSameBinaryContentAs(POLICY.resolve("tokenizer.json"));
  }

  @Test
  void theBaseMayLieElsewhere() throws IOException {
    // A name that means nothing in the working directory either, wherever that is.
    Path moved = directory.resolve("far/away/adapter");
    Files.createDirectories(moved.getParent());
    Path config = adapter.resolve("adapter_config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replaceFirst(
                "\"base_model_name_or_path\": \"[^\"]*\"",
                "\"base_model_name_or_path\": \"../base-" + directory.getFileName() + "\""));
    Files.move(adapter, moved);
    adapter = moved;

    assertMistake(merge(), "base_model_name_or_path");
    CliRun run = merge("--base", POLICY);
    assertThat(run.errors()).isEmpty();
    assertThat(run.status()).isZero();
    // B is still zero.
    assertThat(output.resolve("model.safetensors"))
        .hasSameBinaryContentAs(POLICY.resolve("model.safetensors"));
  }

  @Test
  void mistakesAreOneLineAndNothingIsWritten() throws IOException {
    assertMistake(merge("--dtype", "int8"), "--dtype int8: expects f32, bf16, f16 or as-stored");
    assertMistake(merge("--base", directory.resolve("none")), "--base");
    assertMistake(
        CliRun.of("merge", "--model", POLICY, "--output", output), "no adapter_config.json there");
    assertThat(output).doesNotExist();
    Files.createDirectories(output);
    Files.writeString(output.resolve("mine"), "mine");
    assertMistake(merge(), output + ": is there and not empty");
  }

  @Test
  void theHelpShowsExamples() {
    CliRun run = CliRun.of("merge", "--help");
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("--dtype bf16", "as-stored", "capoflow merge --model");
  }

  private CliRun merge(Object... more) {
    Object[] arguments = new Object[5 + more.length];
    Object[] first = {"merge", "--model", adapter, "--output", output};
    System.arraycopy(first, 0, arguments, 0, first.length);
    System.arraycopy(more, 0, arguments, first.length, more.length);
    return CliRun.of(arguments);
  }

  private static void assertMistake(CliRun run, String message) {
    assertThat(run.errors()).startsWith("capoflow: ").contains(message).hasLineCount(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.status()).isEqualTo(2);
  }
}

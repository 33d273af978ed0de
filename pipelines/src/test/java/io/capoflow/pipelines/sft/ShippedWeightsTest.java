package io.capoflow.pipelines.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.checkpoint.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the repository ships is whole, small, and as good as its documentation says. */
class ShippedWeightsTest {
  private static final Path HOME = Path.of(System.getProperty("capoflow.home"));

  @Test
  void bothModelsAreWholeCheckpointsOfUnderTenMegabytes() {
    long bytes = 0;
    for (String name : List.of("arithmetic-policy", "arithmetic-critic")) {
      Path directory = HOME.resolve("weights").resolve(name);
      assertThat(files(directory))
          .containsExactly(
              "config.json", "generation_config.json", "model.safetensors", "tokenizer.json");
      assertThat(Safetensors.readCheckpoint(directory).values())
          .isNotEmpty()
          .allMatch(tensor -> tensor.dtype().equals("F32"));
      bytes += files(directory).stream().mapToLong(file -> size(directory.resolve(file))).sum();
    }
    assertThat(bytes).isLessThan(10_000_000);
  }

  @Test
  void theCriticFindsWhatTheDocumentationSays() {
    CriticReport report =
        CriticReport.measure(
            CriticReport.Settings.asTrained(
                HOME.resolve("weights/arithmetic-policy"),
                HOME.resolve("weights/arithmetic-critic"),
                "cpu",
                100,
                0));

    assertThat(report.rollouts()).isEqualTo(100);
    assertThat(report.voidCritiques()).isLessThan(report.critiques() / 50);
    assertThat(row(report, "k=1 greedy").f1().orElseThrow()).isGreaterThan(0.8);
    assertThat(row(report, "k=4 intersection").precision().orElseThrow()).isGreaterThan(0.9);
    assertThat(row(report, "k=4 union").recall().orElseThrow())
        .isGreaterThanOrEqualTo(row(report, "k=4 majority").recall().orElseThrow());
    assertThat(row(report, "k=4 majority").recall().orElseThrow())
        .isGreaterThanOrEqualTo(row(report, "k=4 intersection").recall().orElseThrow());
    assertThat(report.table()).contains("| k=4 intersection | 0.9");
  }

  private static CriticReport.Row row(CriticReport report, String name) {
    return report.rows().stream().filter(row -> row.name().equals(name)).findFirst().orElseThrow();
  }

  private static List<String> files(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

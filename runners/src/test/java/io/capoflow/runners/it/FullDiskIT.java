package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.runners.it.CliProcess.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that cannot write goes on where it stopped. The operating system refuses to let a file grow
 * beyond a limit, in the middle of writing it, as it does when a disk is full.
 */
final class FullDiskIT {
  private static final Object[] SMALL = {
    "--iterations", 1, "--set", "critique.enabled=false", "--set", "credit.scheme=grpo"
  };

  @TempDir private Path directory;

  @Test
  void whatCannotBeWrittenIsOneLineAndNothingHalfIsCommitted() throws IOException {
    Path recipe = SmallExperiment.in(directory);
    Path whole = directory.resolve("whole");
    assertThat(train(recipe, whole, Map.of()).status()).isZero();
    long weights = kilobytes(whole.resolve("policy/v00001/model.safetensors"));
    assertThat(kilobytes(whole.resolve("policy/v00001/optimizer.safetensors")))
        .isGreaterThan(weights + 200);
    Path run = directory.resolve("full");

    // First no policy fits, then one without the state of its optimizer.
    for (long limit : List.of(weights - 200, weights + 100)) {
      Ended full = CliProcess.runWithin(limit, directory, arguments(recipe, run));

      Path version = run.resolve("policy").resolve(limit < weights ? "v00000" : "v00001");
      assertThat(full.status()).as(String.join("\n", full.lines())).isEqualTo(2);
      assertThat(full.lines().get(full.lines().size() - 1))
          .startsWith("capoflow: " + version + " cannot be written (")
          .endsWith(
              "): make room or mend the disk, and give the same command again; nothing that is committed is lost");
      assertThat(full.lines()).noneMatch(line -> line.contains("internal fault"));
      try (Stream<Path> versions = Files.list(run.resolve("policy"))) {
        assertThat(versions.map(path -> path.getFileName().toString()).toList())
            .isEqualTo(limit < weights ? List.of() : List.of("v00000"));
      }
    }

    Ended resumed = train(recipe, run, Map.of());
    assertThat(resumed.status()).as(String.join("\n", resumed.lines())).isZero();
    assertThat(CliProcess.run(directory, Map.of(), "diff", whole, run).lines())
        .containsExactly("equal: 5 digests");
  }

  private Ended train(Path recipe, Path run, Map<String, String> environment) {
    return CliProcess.run(directory, environment, arguments(recipe, run));
  }

  private static Object[] arguments(Path recipe, Path run) {
    return Stream.concat(
            Stream.of("train", recipe, "--run", run, "--runner", "direct"), Stream.of(SMALL))
        .toArray();
  }

  private static long kilobytes(Path file) throws IOException {
    return Files.size(file) / 1024;
  }
}

package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.runners.it.CliProcess.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    long optimizer = kilobytes(whole.resolve("policy/v00001/optimizer.safetensors"));
    Path run = directory.resolve("full");

    // Everything fits but the state of the optimizer, the largest file.
    Ended full = CliProcess.runWithin(optimizer - 50, directory, arguments(recipe, run));

    assertThat(full.status()).as(String.join("\n", full.lines())).isEqualTo(2);
    assertThat(full.lines().get(full.lines().size() - 1))
        .startsWith("capoflow: " + run.resolve("policy/v00001") + " cannot be written (")
        .endsWith(
            "): make room or mend the disk, and give the same command again; nothing that is committed is lost");
    try (Stream<Path> versions = Files.list(run.resolve("policy"))) {
      assertThat(versions.map(path -> path.getFileName().toString())).containsExactly("v00000");
    }

    Ended resumed = train(recipe, run, Map.of());
    assertThat(resumed.status()).as(String.join("\n", resumed.lines())).isZero();
    assertThat(CliProcess.run(directory, Map.of(), "diff", whole, run).lines())
        .containsExactly("equal: 5 digests as recorded");
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

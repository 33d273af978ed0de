package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cannot be started is said in a line, and nothing is started. */
final class ClusterMistakesTest {
  @TempDir private Path temporary;
  private Path directory;

  @BeforeEach
  void nameADirectory() {
    directory = temporary.resolve("cluster");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--task-managers|0|--task-managers 0: expects at least 1",
        "--slots|0|--slots 0: expects at least 1",
        "--port|65536|--port 65536: expects a port, 0 to 65535",
        "--memory|lots|--memory lots: expects a size such as 6g or 6144m",
        "--memory|1g|--memory 1024m: 2 TaskManagers of 2 slots take at least 4672m; give them more,"
            + " or ask for fewer with --task-managers and --slots",
        "--numerics|exact|Invalid value for option '--numerics'",
        "--task-managers|two|Invalid value for option '--task-managers'",
      })
  void aSettingThatCannotBeIsAMistake(String option, String value, String message) {
    CliRun run =
        option.equals("--memory") ? up(option, value) : up("--memory", "5g", option, value);
    assertMistake(run, message);
    assertThat(directory).doesNotExist();
  }

  @Test
  void aTakenPortIsAMistake() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertMistake(
          up("--memory", "5g", "--port", taken.getLocalPort()),
          "--port %d: cannot be had (Address already in use); name another one, or 0 for any that is free"
              .formatted(taken.getLocalPort()));
    }
  }

  @Test
  void aDirectoryThatCannotBeMadeIsAMistake() throws IOException {
    Files.writeString(directory, "a file");
    assertMistake(up("--memory", "5g"), "--directory " + directory + ": cannot be written (");
    assertThat(directory).hasContent("a file");
  }

  @Test
  void aDirectoryOfSomethingElseIsLeftAlone() throws IOException {
    Files.createDirectories(directory.resolve("conf"));
    assertMistake(
        up("--memory", "5g"),
        "--directory "
            + directory
            + ": holds files but no cluster's; name one that is empty or not there");
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files).containsExactly(directory.resolve("conf"));
    }
  }

  @ParameterizedTest
  @CsvSource({"status", "down"})
  void aClusterThatIsNotThereIsAMistake(String command) {
    assertMistake(
        CliRun.of("cluster", command, "--directory", directory),
        directory
            + ": there is no cluster; start one with capoflow cluster up, or name its folder with --directory");
    assertThat(directory).doesNotExist();
  }

  @Test
  void aPackageIsNotWrittenOverSomethingElse() throws IOException {
    Files.createDirectories(directory.resolve("mine"));
    assertMistake(
        CliRun.of("cluster", "package", "--output", directory),
        "--output " + directory + ": is there and not empty; name another one");
  }

  @ParameterizedTest
  @CsvSource({"up", "status", "down", "package"})
  void theHelpShowsExamples(String command) {
    CliRun run = CliRun.of("cluster", command, "--help");
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("Example", "  capoflow cluster " + command);
  }

  private CliRun up(Object... more) {
    return CliRun.of(
        Stream.concat(Stream.of("cluster", "up", "--directory", directory), Stream.of(more))
            .toArray());
  }

  private static void assertMistake(CliRun run, String message) {
    assertThat(run.errors()).startsWith("capoflow: " + message).hasLineCount(1);
    assertThat(run.out()).isEmpty();
    assertThat(run.status()).isEqualTo(2);
  }
}

package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.capoflow.models.stub.StubServer;
import io.capoflow.pipelines.critiques.DatasetTables;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.transforms.journal.JournalFigures;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run or a dataset that cannot be written goes on where it stopped. The operating system refuses
 * to let a file grow beyond a limit, in the middle of writing it, as it does when a disk is full.
 */
final class FullDiskIT {
  private static final Object[] SMALL = {
    "--iterations", 1, "--set", "critique.enabled=false", "--set", "credit.scheme=grpo"
  };

  private static final int ROWS = 96;
  private static final int TIMES = 2;
  private static final int TEXT_BYTES = 24_000;
  private static final String ADVICE =
      "): make room or mend the disk, and give the same command again; nothing that is committed is lost";

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
        .endsWith(ADVICE);
    try (Stream<Path> versions = Files.list(run.resolve("policy"))) {
      assertThat(versions.map(path -> path.getFileName().toString())).containsExactly("v00000");
    }

    Ended resumed = train(recipe, run, Map.of());
    assertThat(resumed.status()).as(String.join("\n", resumed.lines())).isZero();
    assertThat(CliProcess.run(directory, Map.of(), "diff", whole, run).lines())
        .containsExactly("equal: 6 digests as recorded");
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

  /** What is paid for is kept as far as it came, and nothing half-written is taken for it. */
  @Test
  void aJournalThatCannotGrowEndsADatasetWhereItIs() throws IOException {
    try (StubServer server = StubServer.start("critic")) {
      Path recipe = recipe(server);
      Path rows = rows();
      Path whole = directory.resolve("whole");
      requireEnds(critique(recipe, rows, whole));
      long journal = kilobytes(only(whole.resolve("journal"), "segment-", ".jsonl"));
      Path output = directory.resolve("full");

      Ended full =
          CliProcess.runWithin(journal / 2, directory, critiqueArguments(recipe, rows, output));

      requireSaysHowToGoOn(full, output.resolve("journal"));
      requireEnds(critique(recipe, rows, output));
      assertThat(digests(output)).isEqualTo(digests(whole));
      assertThat(JournalFigures.of(output.resolve("journal")).answers()).isEqualTo(ROWS * TIMES);
    }
  }

  /** All answers are there already, so a part of a table is the largest file. */
  @Test
  void aTableThatCannotGrowEndsADatasetWhereItIs() throws IOException {
    try (StubServer server = StubServer.start("critic")) {
      Path recipe = recipe(server);
      Path rows = rows();
      Path whole = directory.resolve("whole");
      requireEnds(critique(recipe, rows, whole));
      long asked = server.choicesAsked();
      long part = kilobytes(only(whole.resolve("dataset"), "shard-", ".parquet"));
      Path output = directory.resolve("full");
      Path segment = only(whole.resolve("journal"), "segment-", ".jsonl");
      Files.createDirectories(output.resolve("journal"));
      Files.copy(segment, output.resolve("journal").resolve(segment.getFileName()));

      Ended full =
          CliProcess.runWithin(part - 50, directory, critiqueArguments(recipe, rows, output));

      requireSaysHowToGoOn(full, output.resolve("dataset"));
      try (Stream<Path> files = Files.list(output.resolve("dataset"))) {
        assertThat(files.map(file -> file.getFileName().toString()))
            .noneMatch(name -> name.startsWith("shard-") || name.endsWith(".commit.json"));
      }
      requireEnds(critique(recipe, rows, output));
      assertThat(digests(output)).isEqualTo(digests(whole));
      assertThat(server.choicesAsked()).isEqualTo(asked);
    }
  }

  @Test
  void aDatasetWhoseFolderLosesItsPermissionsSaysHowToGoOn() throws IOException {
    try (StubServer server = StubServer.start("critic")) {
      Path recipe = recipe(server);
      Path rows = rows();
      Path whole = directory.resolve("whole");
      requireEnds(critique(recipe, rows, whole));
      long before = server.choicesAsked();
      Path output = directory.resolve("locked");
      Ended locked;
      try (CliProcess process =
          CliProcess.start(
              directory,
              Map.of(),
              Stream.concat(
                      Stream.of(critiqueArguments(recipe, rows, output)),
                      Stream.of("--set", "critique.max_in_flight=2"))
                  .toArray())) {
        assertThat(server.awaitAsked(before + ROWS / 4, process::hasEnded)).isTrue();
        setWritable(output, false);
        assumeFalse(
            mayWrite(output),
            "NOT TESTED: this user, root it seems, may write where permission was taken away");
        locked = process.await();
      } finally {
        setWritable(output, true);
      }
      requireSaysHowToGoOn(locked, output);
      requireEnds(critique(recipe, rows, output));
      assertThat(digests(output)).isEqualTo(digests(whole));
      assertThat(JournalFigures.of(output.resolve("journal")).answers()).isEqualTo(ROWS * TIMES);
    }
  }

  private static void setWritable(Path folder, boolean writable) throws IOException {
    String mode = writable ? "rwxr-xr-x" : "r-xr-xr-x";
    List<Path> folders;
    try (Stream<Path> all = Files.walk(folder)) {
      folders = all.filter(Files::isDirectory).toList();
    }
    for (Path each : folders) {
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString(mode));
    }
  }

  private static boolean mayWrite(Path folder) throws IOException {
    Path probe = folder.resolve(".probe");
    try {
      Files.createFile(probe);
    } catch (AccessDeniedException denied) {
      return false;
    }
    Files.delete(probe);
    return true;
  }

  private static void requireEnds(Ended ended) {
    assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
  }

  private static void requireSaysHowToGoOn(Ended ended, Path folder) {
    assertThat(ended.status()).as(String.join("\n", ended.lines())).isEqualTo(2);
    assertThat(ended.lines().get(ended.lines().size() - 1))
        .startsWith("capoflow: " + folder)
        .contains(" cannot be written (")
        .endsWith(ADVICE);
    assertThat(ended.lines()).noneMatch(line -> line.startsWith("\tat "));
  }

  private Path recipe(StubServer server) throws IOException {
    return Files.writeString(
        directory.resolve("critique.yaml"),
        """
        critique: {endpoint: %s, model: critic, times: %d, max_new_tokens: 64}
        vote: {rule: majority}
        execution: {runner: direct}
        """
            .formatted(server.url(), TIMES));
  }

  /** Of much text that cannot be packed, so that what matters is larger than what a start needs. */
  private Path rows() throws IOException {
    Random random = new Random(7);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      byte[] bytes = new byte[TEXT_BYTES];
      random.nextBytes(bytes);
      lines.add(
          """
          {"id": "row-%d", "problem": "What is %d + 1?", "answer": "%d", "response": "First, %s.\\n\\n\\\\boxed{%d}"}"""
              .formatted(i, i, i + 1, HexFormat.of().formatHex(bytes), i + 1 + i % 2));
    }
    return Files.write(directory.resolve("rows.jsonl"), lines);
  }

  private Ended critique(Path recipe, Path rows, Path output) {
    return CliProcess.run(directory, Map.of(), critiqueArguments(recipe, rows, output));
  }

  private static Object[] critiqueArguments(Path recipe, Path rows, Path output) {
    return new Object[] {"critique", "--rollouts", rows, "--recipe", recipe, "--output", output};
  }

  private static Path only(Path folder, String begin, String end) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found =
          files
              .filter(file -> file.getFileName().toString().startsWith(begin))
              .filter(file -> file.getFileName().toString().endsWith(end))
              .toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }

  private static SortedMap<String, String> digests(Path output) {
    SortedMap<String, String> digests = new TreeMap<>();
    DatasetTables.of(output).tables().forEach((name, table) -> digests.put(name, table.digest()));
    return digests;
  }
}

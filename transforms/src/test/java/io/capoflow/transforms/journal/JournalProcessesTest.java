package io.capoflow.transforms.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.journal.Journal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that share a journal, are killed, or meet a full disk. */
class JournalProcessesTest {
  private static final int MANY = 100_000;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {1, 17, 64, 300, 1501})
  void afterKillNineEveryAnswerThatWasSaidToBeKeptIsThere(int lines) throws Exception {
    Path folder = directory.resolve("journal");
    List<String> said = new ArrayList<>();
    try (JournalWorker worker =
        JournalWorker.start(List.of(), List.of(), "keep", folder, "worker", 0, MANY)) {
      while (said.size() < lines) {
        said.add(worker.line());
      }
      worker.kill();
      // What it said before it died and nobody read yet; its very last line may be cut.
      List<String> rest = worker.rest();
      said.addAll(rest.subList(0, Math.max(0, rest.size() - 1)));
    }

    assertThat(said).allMatch(line -> line.startsWith("kept "));
    assertKept(folder, said);
    JournalFigures figures = JournalFigures.of(folder);
    assertThat(figures.answers()).isGreaterThanOrEqualTo(said.size()).isLessThan(MANY);
    assertThat(figures.damagedLines()).isZero();
    assertThat(figures.writers()).isZero();
  }

  @Test
  void twoProcessesAtOnceAgreeOnEveryAnswer() throws Exception {
    Path folder = directory.resolve("journal");
    int count = 4000;
    List<String> one;
    List<String> other;
    try (JournalWorker first =
            JournalWorker.start(List.of(), List.of(), "keep", folder, "first", 0, count);
        JournalWorker second =
            JournalWorker.start(List.of(), List.of(), "keep", folder, "second", 0, count)) {
      List<String> lines = new ArrayList<>();
      Thread reading =
          new Thread(
              () -> {
                try {
                  lines.addAll(second.rest());
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      reading.start();
      one = first.rest();
      reading.join();
      other = lines;
      assertThat(first.status()).isZero();
      assertThat(second.status()).isZero();
    }

    assertThat(one).hasSize(count).doesNotHaveDuplicates();
    assertThat(other).containsExactlyInAnyOrderElementsOf(one);
    assertKept(folder, one);
    JournalFigures figures = JournalFigures.of(folder);
    assertThat(figures.answers()).isEqualTo(count);
    assertThat(figures.requests()).isEqualTo(count / 2);
    assertThat(figures.duplicates()).isEqualTo(count);
    assertThat(figures.damagedLines()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "journal/after-draft:1",
    "journal/after-publish:1",
    "journal/after-delete:1",
    "journal/after-delete:2"
  })
  void aCompactionThatIsKilledLosesAndDoublesNothing(String fault) throws Exception {
    Path folder = directory.resolve("journal");
    List<String> said = new ArrayList<>();
    for (String name : List.of("first", "second", "third")) {
      try (JournalWorker worker =
          JournalWorker.start(List.of(), List.of(), "keep", folder, name, name.length() * 10, 50)) {
        said.addAll(worker.rest());
        assertThat(worker.status()).isZero();
      }
    }
    JournalFigures before = JournalFigures.of(folder);

    try (JournalWorker compactor =
        JournalWorker.start(List.of(), List.of("-Dcapoflow.fault=" + fault), "compact", folder)) {
      assertThat(compactor.rest()).isEmpty();
      assertThat(compactor.status()).isEqualTo(137);
    }

    assertSame(JournalFigures.of(folder), before);
    assertKept(folder, said);
    Compaction.Result result = Compaction.run(folder);
    assertSame(JournalFigures.of(folder), before);
    assertKept(folder, said);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .filteredOn(name -> !name.endsWith(".lock"))
          .hasSize(1)
          .allMatch(name -> name.matches("answers-.*\\.parquet"));
    }
    assertThat(result.segments() + result.parquetFiles()).isLessThanOrEqualTo(4);
  }

  @Test
  void aFullDiskFailsWhatItKeepsFromBeingWrittenAndNothingElse() throws Exception {
    Path folder = directory.resolve("journal");
    List<String> said;
    try (JournalWorker worker =
        JournalWorker.start(
            List.of("bash", "-c", "ulimit -f 48; exec \"$@\"", "worker"),
            List.of(),
            "keep",
            folder,
            "worker",
            0,
            200)) {
      said = worker.rest();
      assertThat(worker.status()).isZero();
    }

    List<String> failed = said.stream().filter(line -> line.startsWith("failed ")).toList();
    List<String> kept = said.stream().filter(line -> line.startsWith("kept ")).toList();
    assertThat(failed.size() + kept.size()).isEqualTo(200);
    assertThat(failed)
        .isNotEmpty()
        .allMatch(
            line ->
                line.matches(
                    "failed .*/segment-.* cannot be written \\(.*\\): make room or mend the disk.*"));
    // Here each file may be so large and no larger: it goes on in the next one.
    assertThat(said.get(said.size() - 1)).startsWith("kept ");
    assertKept(folder, kept);
    JournalFigures figures = JournalFigures.of(folder);
    assertThat(figures.damagedLines()).isZero();
    assertThat(figures.segments()).isGreaterThan(1);
  }

  @Test
  void whereNothingCanBeWrittenEveryAnswerFailsAndNoneIsWaitedForForEver() throws Exception {
    Path folder = directory.resolve("journal");
    try (JournalWorker worker =
        JournalWorker.start(
            List.of("bash", "-c", "ulimit -f 0; exec \"$@\"", "worker"),
            List.of("-XX:-UsePerfData"),
            "keep",
            folder,
            "worker",
            0,
            50)) {
      assertThat(worker.rest())
          .hasSize(50)
          .allMatch(line -> line.matches("failed .*/segment-.* cannot be written \\(.*"));
      assertThat(worker.status()).isZero();
    }
    assertThat(JournalFigures.of(folder).segments()).isZero();
  }

  private static void assertSame(JournalFigures figures, JournalFigures before) {
    assertThat(figures.answers()).isEqualTo(before.answers());
    assertThat(figures.requests()).isEqualTo(before.requests());
    assertThat(figures.duplicates()).isEqualTo(before.duplicates());
    assertThat(figures.models()).isEqualTo(before.models());
  }

  /** Every answer of a worker's lines is found, and no other. */
  private static void assertKept(Path folder, List<String> lines) {
    Map<String, Map<Integer, String>> expected = new HashMap<>();
    for (String line : lines) {
      String[] parts = line.split(" ", 4);
      expected
          .computeIfAbsent(parts[1], unused -> new HashMap<>())
          .put(Integer.parseInt(parts[2]), parts[3]);
    }
    try (Journal journal = FileJournal.open(folder)) {
      expected.forEach(
          (request, texts) -> {
            Map<Integer, ChatAnswer> found = journal.find(request, 2);
            texts.forEach(
                (index, text) -> assertThat(found.get(index)).isEqualTo(Answers.answer(text)));
          });
    }
  }
}

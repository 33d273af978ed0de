package io.capoflow.transforms.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.journal.Journal;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A journal whose bytes are not as they were written. */
class DamagedJournalTest {
  private static final int ANSWERS = 5;
  private static final int STRIDE = 29;

  @TempDir Path directory;

  @BeforeEach
  void fill() {
    try (Journal journal = FileJournal.open(directory)) {
      for (int i = 0; i < ANSWERS; i++) {
        assertThat(journal.keep(Answers.request("q" + i), 0, Answers.answer("a" + i)).join())
            .isEqualTo(Answers.answer("a" + i));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 100, 400})
  void aTornLastLineIsIgnored(int missing) throws Exception {
    Path segment = segment();
    byte[] bytes = Files.readAllBytes(segment);
    Files.write(segment, Arrays.copyOf(bytes, bytes.length - missing));

    assertFound(0, 1, 2, 3);
    assertThat(JournalFigures.of(directory).damagedLines()).isZero();
    Compaction.Result unused = Compaction.run(directory);
    assertFound(0, 1, 2, 3);
  }

  @Test
  void aTornLineIsReadOnceItsRestIsThere() throws Exception {
    Path segment = segment();
    byte[] bytes = Files.readAllBytes(segment);
    Files.write(segment, Arrays.copyOf(bytes, bytes.length - 100));
    try (Journal journal = FileJournal.open(directory)) {
      String last = Answers.request("q4").digest();
      assertThat(journal.find(last, 1)).isEmpty();
      Files.write(segment, bytes);
      assertThat(journal.find(last, 1)).isEqualTo(Map.of(0, Answers.answer("a4")));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"text\":\"a2\"", "{\"request\"", "checksum", "written", "\"}\n"})
  void aDamagedLineIsPassedOverCountedAndKeptAside(String place) throws Exception {
    Path segment = segment();
    byte[] bytes = Files.readAllBytes(segment);
    int third = nth(bytes, '\n', 2) + 1;
    bytes[new String(bytes, UTF_8).indexOf(place, third) + 1] ^= 1;
    Files.write(segment, bytes);

    assertFound(0, 1, 3, 4);
    assertThat(JournalFigures.of(directory).damagedLines()).isEqualTo(1);
    assertThat(JournalFigures.of(directory).answers()).isEqualTo(4);

    Compaction.Result unused = Compaction.run(directory);
    assertFound(0, 1, 3, 4);
    assertThat(JournalFigures.of(directory).damagedLines()).isEqualTo(1);
    assertThat(directory.resolve("_damaged-" + segment.getFileName())).hasBinaryContent(bytes);
  }

  @Test
  void aLineBreakThatIsLostCostsTheTwoLinesThatItParted() throws Exception {
    Path segment = segment();
    byte[] bytes = Files.readAllBytes(segment);
    bytes[nth(bytes, '\n', 3)] = ' ';
    Files.write(segment, bytes);

    assertFound(0, 1, 4);
    assertThat(JournalFigures.of(directory).damagedLines()).isEqualTo(1);
  }

  @Test
  void aLineThatIsWholeAndNoAnswerIsADamagedOne() throws Exception {
    Path segment = segment();
    String fields = "{\"request\":\"" + "0".repeat(64) + "\",\"answer_index\":0,\"written\":1";
    String line = fields + ",\"checksum\":\"" + Digests.ofBytes(fields.getBytes(UTF_8)) + "\"}\n";
    Files.writeString(segment, line, StandardOpenOption.APPEND);

    assertFound(0, 1, 2, 3, 4);
    assertThat(JournalFigures.of(directory).damagedLines()).isEqualTo(1);
  }

  @Test
  void aDamagedParquetFileIsNamedWithItsMendOrGivesWhatItHeld() throws Exception {
    Path file = Compaction.run(directory).file().orElseThrow();
    byte[] bytes = Files.readAllBytes(file);
    int named = 0;
    for (int at = 0; at < bytes.length; at += STRIDE) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= 1;
      Files.write(file, damaged);
      try {
        assertFound(0, 1, 2, 3, 4);
      } catch (UserMistake mistake) {
        named++;
        assertThat(mistake)
            .hasMessageStartingWith(file.toRealPath() + " is damaged (")
            .hasMessageEndingWith(
                "): restore it, or move it out of the journal, and its answers are asked for again");
      }
    }
    assertThat(named).isGreaterThan(bytes.length / STRIDE / 4);

    Files.delete(file);
    assertFound();
  }

  private static int nth(byte[] bytes, char wanted, int count) {
    int at = -1;
    for (int i = 0; i < count; i++) {
      do {
        at++;
      } while (bytes[at] != wanted);
    }
    return at;
  }

  private void assertFound(int... numbers) {
    List<Integer> expected = Arrays.stream(numbers).boxed().toList();
    try (Journal journal = FileJournal.open(directory)) {
      for (int i = 0; i < ANSWERS; i++) {
        assertThat(journal.find(Answers.request("q" + i).digest(), 2))
            .isEqualTo(expected.contains(i) ? Map.of(0, Answers.answer("a" + i)) : Map.of());
      }
    }
  }

  private Path segment() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(SegmentFiles::isSegment).findFirst().orElseThrow();
    }
  }
}

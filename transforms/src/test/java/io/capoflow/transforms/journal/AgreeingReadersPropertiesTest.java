package io.capoflow.transforms.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * Whatever two processes with wrong clocks write, in whatever order, and whenever files are
 * compacted: everybody has the same answers, and they never change.
 */
class AgreeingReadersPropertiesTest {
  private static final int REQUESTS = 3;
  private static final int TIMES = 2;

  /** What one of two processes does, or somebody else does. */
  sealed interface Step {}

  record Keep(int writer, int request, int index, long clock) implements Step {}

  record Find(int writer, int request) implements Step {}

  record Reopen(int writer) implements Step {}

  record Compact() implements Step {}

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Integer> writers = Arbitraries.integers().between(0, 1);
    Arbitrary<Integer> requests = Arbitraries.integers().between(0, REQUESTS - 1);
    Arbitrary<Step> keep =
        Combinators.combine(
                writers,
                requests,
                Arbitraries.integers().between(0, TIMES - 1),
                Arbitraries.longs().between(1, 40))
            .as(Keep::new);
    Arbitrary<Step> find = Combinators.combine(writers, requests).as(Find::new);
    return Arbitraries.frequencyOf(
            Tuple.of(6, keep),
            Tuple.of(3, find),
            Tuple.of(2, writers.map(Reopen::new)),
            Tuple.of(1, Arbitraries.create(Compact::new)))
        .list()
        .ofMaxSize(25);
  }

  @Property(tries = 150)
  void theFirstAnswerThatWasKeptIsTheOneForEverybodyEver(@ForAll("steps") List<Step> steps)
      throws IOException {
    Path folder = Files.createTempDirectory("capoflow-journal");
    Map<String, Map<Integer, ChatAnswer>> expected = new HashMap<>();
    long[] clocks = {1, 1};
    List<FileJournal> journals = new ArrayList<>();
    for (int writer : List.of(0, 1)) {
      journals.add(FileJournal.open(folder, () -> clocks[writer]));
    }
    int kept = 0;
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      if (step instanceof Keep keep) {
        ChatRequest request = Answers.request("q" + keep.request());
        ChatAnswer answer = Answers.answer("answer " + i);
        clocks[keep.writer()] = keep.clock();
        Map<Integer, ChatAnswer> known =
            expected.computeIfAbsent(request.digest(), unused -> new HashMap<>());
        known.putIfAbsent(keep.index(), answer);
        kept++;
        assertThat(journals.get(keep.writer()).keep(request, keep.index(), answer).join())
            .isEqualTo(known.get(keep.index()));
      } else if (step instanceof Find find) {
        String request = Answers.request("q" + find.request()).digest();
        assertThat(journals.get(find.writer()).find(request, TIMES))
            .isEqualTo(expected.getOrDefault(request, Map.of()));
      } else if (step instanceof Reopen reopen) {
        journals.get(reopen.writer()).close();
        journals.set(reopen.writer(), FileJournal.open(folder, () -> clocks[reopen.writer()]));
      } else {
        Compaction.Result unused = Compaction.run(folder);
      }
    }
    for (FileJournal journal : journals) {
      assertAll(journal, expected);
      journal.close();
    }
    assertFresh(folder, expected);
    int answers = expected.values().stream().mapToInt(Map::size).sum();
    assertThat(JournalFigures.of(folder).answers()).isEqualTo(answers);
    assertThat(JournalFigures.of(folder).duplicates()).isEqualTo(kept - answers);

    Compaction.Result unused = Compaction.run(folder);
    assertFresh(folder, expected);
    assertThat(JournalFigures.of(folder).duplicates()).isEqualTo(kept - answers);
    for (Path file : JournalFiles.list(folder, file -> true)) {
      Files.delete(file);
    }
    Files.delete(folder);
  }

  private static void assertFresh(Path folder, Map<String, Map<Integer, ChatAnswer>> expected) {
    try (FileJournal fresh = FileJournal.open(folder)) {
      assertAll(fresh, expected);
    }
  }

  private static void assertAll(
      FileJournal journal, Map<String, Map<Integer, ChatAnswer>> expected) {
    for (int i = 0; i < REQUESTS; i++) {
      String request = Answers.request("q" + i).digest();
      assertThat(journal.find(request, TIMES)).isEqualTo(expected.getOrDefault(request, Map.of()));
    }
  }
}

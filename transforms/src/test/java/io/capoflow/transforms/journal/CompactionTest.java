package io.capoflow.transforms.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.journal.Journal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompactionTest {
  @TempDir Path directory;

  @Test
  void segmentsWithoutAWriterBecomeOneSortedFileInWhichAllIsFound() throws Exception {
    Map<String, Map<Integer, ChatAnswer>> kept = keepThree(0);

    Compaction.Result result = Compaction.run(directory);

    assertThat(result.segments()).isEqualTo(3);
    assertThat(result.answers()).isEqualTo(600);
    assertThat(names()).containsExactly(result.file().orElseThrow().getFileName().toString());
    assertFound(kept);

    kept.putAll(keepThree(1000));
    Compaction.Result merged = Compaction.run(directory);
    assertThat(merged.parquetFiles()).isEqualTo(1);
    assertThat(merged.answers()).isEqualTo(1200);
    assertThat(names()).containsExactly(merged.file().orElseThrow().getFileName().toString());
    assertFound(kept);
  }

  @Test
  void aReaderFindsAllWhileFilesVanishBeforeItsEyes() {
    try (Journal reader = FileJournal.open(directory)) {
      Map<String, Map<Integer, ChatAnswer>> kept = keepThree(0);
      String one = kept.keySet().iterator().next();
      assertThat(reader.find(one, 3)).isEqualTo(kept.get(one));
      Map<String, Map<Integer, ChatAnswer>> more = keepThree(1000);
      Compaction.Result result = Compaction.run(directory);
      assertThat(result.segments()).isEqualTo(6);

      kept.putAll(more);
      kept.forEach((request, answers) -> assertThat(reader.find(request, 3)).isEqualTo(answers));
    }
  }

  @Test
  void aJournalOfManyFilesIsCompactedByWhoeverKeepsAnAnswerAndNotByWhoeverLooks() throws Exception {
    for (int i = 0; i < 8; i++) {
      try (Journal journal = FileJournal.open(directory)) {
        ChatAnswer unused = journal.keep(Answers.request("q" + i), 0, Answers.answer("a")).join();
      }
    }
    List<String> before = names();
    assertThat(before).hasSize(8).allMatch(name -> name.startsWith("segment-"));

    try (Journal looking = FileJournal.open(directory)) {
      assertThat(looking.find(Answers.request("q3").digest(), 2)).hasSize(1);
    }
    assertThat(names()).isEqualTo(before);

    try (Journal keeping = FileJournal.open(directory)) {
      ChatAnswer unused = keeping.keep(Answers.request("q3"), 1, Answers.answer("b")).join();
    }
    assertThat(names())
        .hasSize(2)
        .anyMatch(name -> name.startsWith("answers-"))
        .anyMatch(name -> name.startsWith("segment-"));
    try (Journal journal = FileJournal.open(directory)) {
      assertThat(journal.find(Answers.request("q3").digest(), 2))
          .isEqualTo(Map.of(0, Answers.answer("a"), 1, Answers.answer("b")));
    }
  }

  @Test
  void filesThatAnotherCompactionDeletedMeanwhileAreNoReasonForOne() throws Exception {
    List<Path> segments = new ArrayList<>();
    List<Path> answers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      segments.add(Files.createFile(directory.resolve("segment-" + i + ".jsonl")));
      answers.add(Files.createFile(directory.resolve("answers-" + i + ".parquet")));
    }
    assertThat(Compaction.isWorthwhile(segments, List.of())).isTrue();
    assertThat(Compaction.isWorthwhile(List.of(), answers)).isTrue();

    Files.delete(segments.get(3));
    Files.delete(answers.get(5));
    assertThat(Compaction.isWorthwhile(segments, answers)).isFalse();
  }

  private void assertFound(Map<String, Map<Integer, ChatAnswer>> kept) {
    try (Journal journal = FileJournal.open(directory)) {
      kept.forEach((request, answers) -> assertThat(journal.find(request, 3)).isEqualTo(answers));
    }
  }

  /** In three segments, three answers to each of 200 requests. */
  private Map<String, Map<Integer, ChatAnswer>> keepThree(int from) {
    Map<String, Map<Integer, ChatAnswer>> kept = new HashMap<>();
    for (int index = 0; index < 3; index++) {
      int i = index;
      try (Journal journal = FileJournal.open(directory)) {
        List<ChatRequest> requests =
            IntStream.range(from, from + 200).mapToObj(n -> Answers.request("q" + n)).toList();
        requests.stream()
            .map(request -> journal.keep(request, i, Answers.answer(request.seed() + " " + i)))
            .toList()
            .forEach(answer -> answer.join());
        requests.forEach(
            request ->
                kept.computeIfAbsent(request.digest(), unused -> new HashMap<>())
                    .put(i, Answers.answer(request.seed() + " " + i)));
      }
    }
    return kept;
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.startsWith("."))
          .sorted()
          .toList();
    }
  }
}

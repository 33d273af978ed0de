package io.capoflow.transforms.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.journal.Journal;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalFolderTest {
  @TempDir Path directory;

  @Test
  void whatIsKeptIsFoundByThisOpeningAndTheNext() {
    JournalFolder folder = new JournalFolder(directory.resolve("runs/journal"));
    ChatRequest request = Answers.request("which step is wrong?");
    try (Journal journal = folder.open()) {
      assertThat(journal.find(request.digest(), 4)).isEmpty();

      assertThat(journal.keep(request, 0, Answers.answer("none")).join())
          .isEqualTo(Answers.answer("none"));
      assertThat(journal.keep(request, 2, Answers.answer("the last")).join())
          .isEqualTo(Answers.answer("the last"));

      assertThat(journal.find(request.digest(), 4))
          .isEqualTo(Map.of(0, Answers.answer("none"), 2, Answers.answer("the last")));
      assertThat(journal.find(request.digest(), 1)).isEqualTo(Map.of(0, Answers.answer("none")));
      assertThat(journal.find(Answers.request("another").digest(), 4)).isEmpty();
    }

    try (Journal again = folder.open()) {
      assertThat(again.find(request.digest(), 4))
          .isEqualTo(Map.of(0, Answers.answer("none"), 2, Answers.answer("the last")));
    }
  }

  @Test
  void theFirstAnswerOfAKeyCountsForEverybody() {
    JournalFolder folder = new JournalFolder(directory);
    ChatRequest request = Answers.request("which step is wrong?");
    try (Journal one = FileJournal.open(directory);
        Journal other = FileJournal.open(directory)) {
      assertThat(one.keep(request, 0, Answers.answer("first")).join())
          .isEqualTo(Answers.answer("first"));
      assertThat(other.keep(request, 0, Answers.answer("second")).join())
          .isEqualTo(Answers.answer("first"));
      assertThat(one.keep(request, 1, Answers.answer("alone")).join())
          .isEqualTo(Answers.answer("alone"));

      Map<Integer, ?> expected = Map.of(0, Answers.answer("first"), 1, Answers.answer("alone"));
      assertThat(one.find(request.digest(), 2)).isEqualTo(expected);
      assertThat(other.find(request.digest(), 2)).isEqualTo(expected);
    }
    try (Journal later = folder.open()) {
      assertThat(later.find(request.digest(), 1)).isEqualTo(Map.of(0, Answers.answer("first")));
    }
  }

  @Test
  void nobodyElseReadsWhatIsWritten() throws Exception {
    Path folder = directory.resolve("journal");
    try (Journal journal = new JournalFolder(folder).open()) {
      keep(journal, "one", 0);
    }
    Compaction.Result compacted = Compaction.run(folder);
    assertThat(compacted.answers()).isEqualTo(1);
    try (Journal journal = new JournalFolder(folder).open()) {
      keep(journal, "two", 0);
      assertThat(Files.getPosixFilePermissions(folder))
          .isEqualTo(PosixFilePermissions.fromString("rwx------"));
      try (Stream<Path> files = Files.list(folder)) {
        assertThat(files)
            .extracting(file -> file.getFileName().toString().replaceAll("-.*(?=\\.)", ""))
            .containsExactlyInAnyOrder(
                ".files.lock", ".compaction.lock", "answers.parquet", "segment.jsonl");
      }
      try (Stream<Path> files = Files.list(folder)) {
        assertThat(files)
            .allSatisfy(
                file ->
                    assertThat(Files.getPosixFilePermissions(file))
                        .isEqualTo(PosixFilePermissions.fromString("rw-------")));
      }
    }
  }

  @Test
  void openingsOfAProcessShareASegmentWhichTheFirstAnswerBegins() throws Exception {
    JournalFolder folder = new JournalFolder(directory);
    Journal one = folder.open();
    Journal other = new JournalFolder(directory.resolve("../" + directory.getFileName())).open();
    assertThat(JournalFigures.of(directory).writers()).isZero();
    assertThat(JournalFigures.of(directory).segments()).isZero();
    keep(one, "question", 0);
    assertThat(JournalFigures.of(directory).writers()).isEqualTo(1);
    assertThat(other.find(Answers.request("question").digest(), 1)).hasSize(1);
    one.close();
    one.close();
    keep(other, "question", 1);
    other.close();

    assertThat(JournalFigures.of(directory).writers()).isZero();
    assertThat(JournalFigures.of(directory).segments()).isEqualTo(1);
    try (Journal idle = folder.open()) {
      assertThat(JournalFigures.of(directory).segments()).isEqualTo(1);
      assertThat(JournalFigures.of(directory).writers()).isZero();
      assertThat(idle.find(Answers.request("question").digest(), 2)).hasSize(2);
    }
    assertThat(JournalFigures.of(directory).segments()).isEqualTo(1);
  }

  @Test
  void whatQueuesUpIsForcedToDiskTogether() throws Exception {
    try (FileJournal journal = FileJournal.open(directory)) {
      List<CompletableFuture<ChatAnswer>> kept = new ArrayList<>();
      try (FolderLock.Held held = FolderLock.ofFiles(directory.toRealPath()).take()) {
        for (int i = 0; i < 100; i++) {
          kept.add(journal.keep(Answers.request("q" + i), 0, Answers.answer("a" + i)));
        }
        assertThat(kept).noneMatch(CompletableFuture::isDone);
      }
      for (int i = 0; i < 100; i++) {
        assertThat(kept.get(i).join()).isEqualTo(Answers.answer("a" + i));
      }
      // The first may have been taken before the second came.
      assertThat(journal.groups()).isBetween(1L, 2L);
    }
  }

  @Test
  void aProcessGoesOnGivingWhatItGaveThoughAnEarlierAnswerIsPutIntoTheFolder() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    Path folder = Files.createDirectory(directory.resolve("journal"));
    String request = Answers.request("question").digest();
    try (Journal earlier = FileJournal.open(other, () -> 1);
        FileJournal journal = FileJournal.open(folder)) {
      assertThat(journal.keep(Answers.request("question"), 0, Answers.answer("given")).join())
          .isEqualTo(Answers.answer("given"));
      assertThat(earlier.keep(Answers.request("question"), 0, Answers.answer("earlier")).join())
          .isEqualTo(Answers.answer("earlier"));
      for (Path segment : JournalFiles.list(other, SegmentFiles::isSegment)) {
        Files.copy(segment, folder.resolve(segment.getFileName()));
      }

      assertThat(journal.find(request, 2)).isEqualTo(Map.of(0, Answers.answer("given")));
      try (Journal later = FileJournal.open(folder)) {
        assertThat(later.find(request, 2)).isEqualTo(Map.of(0, Answers.answer("earlier")));
      }
      assertThat(journal.find(request, 2)).isEqualTo(Map.of(0, Answers.answer("given")));
    }
    Compaction.Result compacted = Compaction.run(folder);
    assertThat(compacted.answers()).isEqualTo(1);
    try (Journal later = FileJournal.open(folder)) {
      assertThat(later.find(request, 2)).isEqualTo(Map.of(0, Answers.answer("earlier")));
    }
  }

  @Test
  void whoeverWaitedForAnAnswerMayCloseTheJournal() {
    Journal journal = new JournalFolder(directory).open();
    CompletableFuture<Boolean> closed =
        journal
            .keep(Answers.request("question"), 0, Answers.answer("answer"))
            .thenApply(
                answer -> {
                  journal.close();
                  return true;
                });

    assertThat(closed.join()).isTrue();
    assertThat(journal.keep(Answers.request("question"), 1, Answers.answer("late")))
        .isCompletedExceptionally();
  }

  @Test
  void halfACharacterIsKeptAsItWillBeRead() {
    try (Journal journal = new JournalFolder(directory).open()) {
      ChatAnswer kept =
          journal.keep(Answers.request("q\ud83d"), 0, Answers.answer("a\ud83d")).join();
      assertThat(kept.text()).isEqualTo("a?");
      assertThat(journal.find(Answers.request("q\ud83d").digest(), 1)).isEqualTo(Map.of(0, kept));
    }
  }

  @Test
  void whoeverEmptiesTheFolderLosesWhatWasThereAndNothingMore() throws Exception {
    Path folder = directory.resolve("journal");
    try (Journal journal = new JournalFolder(folder).open()) {
      keep(journal, "one", 0);
      for (Path file : JournalFiles.list(folder, file -> true)) {
        Files.delete(file);
      }
      keep(journal, "two", 0);
      assertThat(journal.find(Answers.request("one").digest(), 1)).hasSize(1);
    }
    try (Journal journal = new JournalFolder(folder).open()) {
      assertThat(journal.find(Answers.request("one").digest(), 1)).isEmpty();
      assertThat(journal.find(Answers.request("two").digest(), 1)).hasSize(1);
    }
  }

  @Test
  void aFileInTheFoldersPlaceIsNamed() throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    assertThatThrownBy(() -> new JournalFolder(file).open())
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "the journal %s is no folder: name another with critique.journal".formatted(file));
  }

  private static void keep(Journal journal, String question, int index) {
    assertThat(journal.keep(Answers.request(question), index, Answers.answer(question)).join())
        .isEqualTo(Answers.answer(question));
  }
}

package io.capoflow.transforms.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.journal.Journal;
import io.capoflow.schemas.UserMistake;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal one of whose users is cancelled, as Flink does it, or whose writes fail. */
class InterruptedJournalTest {
  @TempDir Path directory;

  @AfterEach
  void clear() {
    boolean unused = Thread.interrupted();
  }

  @Test
  void oneThatIsInterruptedLeavesTheOwnSegmentToTheOthers() {
    try (Journal journal = FileJournal.open(directory)) {
      keep(journal, "one");

      assertFoundThoughInterrupted(journal, "one");

      keep(journal, "two");
      assertFoundElsewhere(journal, "one", "two");
    }
  }

  @Test
  void oneThatIsInterruptedLeavesForeignFilesToTheOthers() {
    try (Journal before = FileJournal.open(directory)) {
      keep(before, "compacted");
    }
    assertThat(Compaction.run(directory).file()).isPresent();
    try (Journal foreign = FileJournal.open(directory);
        Journal journal = FileJournal.open(directory)) {
      keep(foreign, "foreign");

      assertFoundThoughInterrupted(journal, "compacted");
      assertFoundThoughInterrupted(journal, "foreign");

      keep(foreign, "more");
      keep(journal, "own");
      assertFoundElsewhere(journal, "compacted", "foreign", "more", "own");
    }
  }

  @Test
  void whoeverIsInterruptedMayOpenAndCloseAJournal() {
    Thread.currentThread().interrupt();
    try (Journal journal = FileJournal.open(directory)) {
      assertThat(journal.keep(Answers.request("one"), 0, Answers.answer("one")).join())
          .isEqualTo(Answers.answer("one"));
    }
    assertThat(Thread.interrupted()).isTrue();
    try (Journal journal = FileJournal.open(directory)) {
      assertFoundElsewhere(journal, "one");
    }
  }

  @Test
  void anInterruptOfTheWriterByWhoeverItTellsOfAnAnswerIsNotItsEnd() {
    try (Journal journal = FileJournal.open(directory)) {
      CompletableFuture<ChatAnswer> interrupting =
          journal
              .keep(Answers.request("one"), 0, Answers.answer("one"))
              .whenComplete((answer, failure) -> Thread.currentThread().interrupt());
      assertThat(interrupting.join()).isEqualTo(Answers.answer("one"));
      // Where the answer was there before its listener, that was this thread.
      boolean unused = Thread.interrupted();

      keep(journal, "two");
      assertFoundElsewhere(journal, "one", "two");
    }
  }

  @Test
  void aFolderThatIsAwayFailsWhatIsKeptUntilItIsBack() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("journal"));
    try (Journal journal = FileJournal.open(folder)) {
      keep(journal, "one");
      Path away = Files.move(folder, directory.resolve("away"));
      CompletableFuture<ChatAnswer> kept =
          journal.keep(Answers.request("two"), 0, Answers.answer("two"));
      assertThatThrownBy(kept::join)
          .hasCauseInstanceOf(UserMistake.class)
          .hasMessageContaining("cannot be written");

      Path back = Files.move(away, folder);
      assertThat(back).isDirectory();
      keep(journal, "two");
      assertFoundElsewhere(journal, "one", "two");
    }
  }

  @Test
  void aFailureThatNobodyForesawIsToldToWhoeverWaitsAndTheNextIsKept() {
    RuntimeException failure = new IllegalStateException("a clock without a battery");
    boolean[] broken = {true};
    try (Journal journal =
        FileJournal.open(
            directory,
            () -> {
              if (broken[0]) {
                throw failure;
              }
              return 1;
            })) {
      CompletableFuture<ChatAnswer> kept =
          journal.keep(Answers.request("one"), 0, Answers.answer("one"));
      assertThatThrownBy(kept::join).hasCause(failure);
      broken[0] = false;
      keep(journal, "one");
    }
  }

  @Test
  void aSegmentThatCanNeitherBeWrittenNorDeletedIsGivenUp() throws Exception {
    OwnSegment own = OwnSegment.create(directory);
    own.segment().close();
    // Root may delete in a folder that is read-only, but nobody what is no file and not empty.
    Files.delete(own.file());
    Path within = Files.createDirectories(own.file().resolve("within"));
    KeptAnswer answer =
        new KeptAnswer(
            Answers.request("one").digest(),
            0,
            1,
            Answers.request("one").canonical(),
            Answers.answer("one"));
    assertThatThrownBy(() -> own.append(List.of(answer)))
        .isInstanceOf(ClosedChannelException.class);

    own.abandon();

    Files.delete(within);
    Files.delete(own.file());
    assertThat(SegmentFiles.isWrittenTo(own.file())).isFalse();
  }

  private static void keep(Journal journal, String question) {
    assertThat(journal.keep(Answers.request(question), 0, Answers.answer(question)).join())
        .isEqualTo(Answers.answer(question));
  }

  private static void assertFoundThoughInterrupted(Journal journal, String question) {
    Thread.currentThread().interrupt();
    Map<Integer, ChatAnswer> found = journal.find(Answers.request(question).digest(), 1);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(found).isEqualTo(Map.of(0, Answers.answer(question)));
  }

  private static void assertFoundElsewhere(Journal journal, String... questions) {
    for (String question : questions) {
      assertThat(
              CompletableFuture.supplyAsync(
                      () -> journal.find(Answers.request(question).digest(), 1))
                  .join())
          .isEqualTo(Map.of(0, Answers.answer(question)));
    }
  }
}

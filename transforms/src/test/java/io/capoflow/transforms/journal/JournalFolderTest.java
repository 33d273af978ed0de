package io.capoflow.transforms.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.journal.Journal;
import java.nio.file.Path;
import java.util.Map;
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
}

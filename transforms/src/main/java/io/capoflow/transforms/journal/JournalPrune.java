package io.capoflow.transforms.journal;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * Which answers are to go: those that are meant by all that is named. Immutable.
 *
 * @param olderThan written before this
 * @param model the model that was asked
 */
public record JournalPrune(Optional<Instant> olderThan, Optional<String> model) {
  public JournalPrune {
    requireNonNull(olderThan, "olderThan");
    requireNonNull(model, "model");
  }

  /**
   * What went, or would go.
   *
   * @param deleted answers
   * @param kept answers
   * @param deletedTokens that models wrote for what went
   */
  public record Result(long deleted, long kept, long deletedTokens) {}

  /**
   * Counts what would go.
   *
   * @throws UserMistake when the journal is not there, or a file is damaged
   */
  public Result count(Path folder) {
    Path place = PrivateFiles.existing(folder);
    try (JournalFiles files = JournalFiles.openAll(place)) {
      AnswerMerge merged = files.merge();
      long deleted = 0;
      long kept = 0;
      long tokens = 0;
      while (merged.hasNext()) {
        KeptAnswer answer = merged.next();
        if (isMeant(answer)) {
          deleted++;
          tokens += answer.answer().tokens().written();
        } else {
          kept++;
        }
      }
      return new Result(deleted, kept, tokens);
    } catch (IOException e) {
      throw PrivateFiles.unusable(folder, e);
    }
  }

  /**
   * Deletes them, for good.
   *
   * @throws UserMistake when the journal is not there or in use, or a file is damaged or cannot be
   *     written
   */
  public Result run(Path folder) {
    Path place = PrivateFiles.existing(folder);
    Result meant = count(place);
    if (meant.deleted() > 0) {
      Compaction.Result unused = Compaction.keep(place, answer -> !isMeant(answer));
    }
    return meant;
  }

  private boolean isMeant(KeptAnswer answer) {
    boolean old =
        olderThan.isEmpty()
            || answer.written() < ChronoUnit.MICROS.between(Instant.EPOCH, olderThan.get());
    return old && (model.isEmpty() || answer.model().equals(model.get()));
  }
}

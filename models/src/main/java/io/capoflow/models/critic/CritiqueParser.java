package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Judgment;
import java.util.Optional;

/**
 * Reads an answer of the form {@code Judgment: … Yes|No} and {@code <incorrect_steps>1,
 * 4</incorrect_steps>} (docs/method.md, "The critique prompt and its answer"), as messily as
 * critics write it. Total on every text, linear in its length, no regular expressions. Stateless
 * and thread-safe.
 *
 * <p>The last complete list decides: an earlier one may be a quotation of the rollout or of the
 * instructions. The list decides alone: a judgment that is missing or contradicts it changes
 * nothing. A cut answer abstains even when it holds a list, since it may have gone on to mend it.
 */
public final class CritiqueParser {
  private CritiqueParser() {}

  /** What an answer without any list means. */
  enum MissingList {
    /** Nothing can be read. */
    VOID,
    /** No step is wrong if the judgment says Yes: for prompts that ask for a list after No only. */
    EMPTY_AFTER_YES
  }

  /**
   * Reads a critic's answer; never throws on any text.
   *
   * @param text what the critic wrote
   * @param cut whether the length limit cut it
   * @param stepCount steps that were shown, numbered from 0
   */
  public static CritiqueReading read(String text, boolean cut, int stepCount) {
    return read(text, cut, stepCount, MissingList.VOID);
  }

  static CritiqueReading read(String text, boolean cut, int stepCount, MissingList missing) {
    requireNonNull(text, "text");
    Optional<Judgment> judgment = JudgmentScanner.read(text);
    if (cut) {
      return CritiqueReading.abstaining(judgment, 0, VoidReason.CUT);
    }
    Optional<String> list = lastList(text);
    if (list.isEmpty()) {
      boolean nothingWrong =
          missing == MissingList.EMPTY_AFTER_YES && judgment.equals(Optional.of(Judgment.YES));
      return nothingWrong
          ? CritiqueReading.valid(judgment, java.util.List.of(), 0)
          : CritiqueReading.abstaining(judgment, 0, VoidReason.NO_STEP_LIST);
    }
    return StepListScanner.read(list.get(), stepCount)
        .map(indices -> reading(judgment, indices))
        .orElseGet(() -> CritiqueReading.abstaining(judgment, 0, VoidReason.UNREADABLE_STEP_LIST));
  }

  private static CritiqueReading reading(
      Optional<Judgment> judgment, StepListScanner.Indices indices) {
    return indices.inRange().isEmpty() && indices.impossible() > 0
        ? CritiqueReading.abstaining(
            judgment, indices.impossible(), VoidReason.ONLY_IMPOSSIBLE_INDICES)
        : CritiqueReading.valid(judgment, indices.inRange(), indices.impossible());
  }

  /**
   * The text inside the last pair of tags; where no pair is complete, what follows the last opening
   * tag: servers leave out the stop string that the answer ended with.
   */
  private static Optional<String> lastList(String text) {
    Optional<String> complete = Optional.empty();
    int open = -1; // where the content of an unclosed list begins
    for (int position = text.indexOf('<'); position >= 0; position = text.indexOf('<', position)) {
      ListTag tag = ListTag.at(text, position);
      switch (tag.kind()) {
        case OPENING -> open = tag.end();
        case CLOSING -> {
          if (open >= 0) {
            complete = Optional.of(text.substring(open, position));
            open = -1;
          }
        }
        case OTHER -> {}
      }
      position = tag.end();
    }
    return complete.isPresent() || open < 0 ? complete : Optional.of(text.substring(open));
  }

  /** A {@code <incorrect_steps>} or {@code </incorrect_steps>}, or some other {@code <}. */
  private record ListTag(Kind kind, int end) {
    private enum Kind {
      OPENING,
      CLOSING,
      OTHER
    }

    /**
     * Tolerates case, blanks, a missing plural, and the underscore escaped or written otherwise.
     */
    static ListTag at(String text, int position) {
      Cursor cursor = new Cursor(text, position + 1);
      cursor.skipBlanks();
      boolean closing = cursor.take("/");
      cursor.skipBlanks();
      boolean named = cursor.take("incorrect");
      cursor.take("\\");
      named = named && (cursor.take("_") || cursor.take("-") || cursor.take(" "));
      named = named && cursor.take("step");
      cursor.take("s");
      cursor.skipBlanks();
      if (!named || !cursor.take(">")) {
        return new ListTag(Kind.OTHER, position + 1);
      }
      return new ListTag(closing ? Kind.CLOSING : Kind.OPENING, cursor.position());
    }
  }
}

package io.capoflow.verifiers.extraction;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/** The one candidate that a response offers, or why it offers none. */
public sealed interface Extraction {
  /**
   * A candidate answer.
   *
   * @param text as it stands in the response, without emphasis around it
   * @param rung which rule found it: tag, box, hash, phrase, math, whole, number or letter
   */
  record Found(String text, String rung) implements Extraction {
    public Found {
      requireNonNull(text, "text");
      requireNonNull(rung, "rung");
    }

    /** Without blanks and emphasis at either end; empty where nothing else is left. */
    static Optional<Found> of(String raw, String rung) {
      String text = withoutMarkdown(raw);
      return text.isEmpty() ? Optional.empty() : Optional.of(new Found(text, rung));
    }

    private static String withoutMarkdown(String raw) {
      int start = 0;
      int end = raw.length();
      while (start < end && isMarkdown(raw.charAt(start))) {
        start++;
      }
      while (end > start && isMarkdown(raw.charAt(end - 1))) {
        end--;
      }
      return raw.substring(start, end);
    }

    private static boolean isMarkdown(char c) {
      return c == '*' || c == '_' || c == '`' || Character.isWhitespace(c);
    }
  }

  /** Why there is no candidate. */
  enum Missing implements Extraction {
    /** No rule found one. */
    NO_ANSWER,
    /** The last box never closes, or is empty. */
    BAD_BOX,
    /** The response ends inside a thought. */
    TRUNCATED
  }
}

package io.capoflow.verifiers.extraction;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.extraction.Extraction.Found;
import io.capoflow.verifiers.extraction.Extraction.Missing;
import java.util.List;
import java.util.Optional;

/**
 * Finds the answer that a response gives (docs/verification-spec.md, 1): the first rule that finds
 * one wins, and within a rule the last occurrence. Every scan is linear in the 64 KiB tail.
 */
public final class AnswerExtractor {
  private static final String THINK = "<think>";
  private static final String THOUGHT = "</think>";
  private static final String TAG = "<answer>";
  private static final String TAG_END = "</answer>";
  private static final String HASH = "####";
  private static final List<String> END_OF_TURN =
      List.of(
          "<|im_end|>",
          "<|eot_id|>",
          "<|endoftext|>",
          "<|end_of_text|>",
          "<|end|>",
          "</s>",
          "<end_of_turn>",
          "<eos>",
          "[EOS]",
          "<|eom_id|>",
          "<｜end▁of▁sentence｜>");
  private static final int WHOLE_RESPONSE = 200;
  private static final int WHOLE_WORDS = 3;

  private AnswerExtractor() {}

  /**
   * How far extraction may reach.
   *
   * @param tags whether an answer between {@code <answer>} and {@code </answer>} goes before any
   *     other
   * @param weak whether the weak rules are tried where no other finds an answer
   */
  public record Reach(boolean tags, boolean weak) {}

  /**
   * The answer that a response gives.
   *
   * @throws Budget.Exceeded where the response is too long to be read
   */
  public static Extraction extract(String response, Reach reach, Sought sought) {
    Budget.check(response.length() <= Budget.RESPONSE_CHARACTERS, "response length");
    int start = Math.max(0, response.length() - Budget.TAIL_CHARACTERS);
    // Searching from the front, since only that is fast; and all of it, since a thought may be
    // long.
    int think = response.indexOf("think>");
    if (think >= 0) {
      int thought = lastOf(response, THOUGHT, Math.max(0, think - 2));
      if (response.indexOf(THINK, Math.max(0, thought)) >= 0) {
        return Missing.TRUNCATED;
      }
      start = Math.max(start, thought < 0 ? 0 : thought + THOUGHT.length());
    }
    String text = withoutEndOfTurn(response, start);
    if (reach.tags()) {
      Optional<Found> tagged = tagged(text);
      if (tagged.isPresent()) {
        return tagged.get();
      }
    }
    Boxes.Last box = Boxes.last(text);
    if (box instanceof Boxes.Last.Bad) {
      return Missing.BAD_BOX;
    }
    if (box instanceof Boxes.Last.Content content) {
      return new Found(content.text(), "box");
    }
    Optional<Found> found = hash(text).or(() -> AnswerPhrases.last(text));
    if (found.isEmpty() && reach.weak()) {
      found =
          MathEnvironments.last(text)
              .or(() -> whole(text, sought))
              .or(() -> WeakRules.last(text, sought));
    }
    return found.<Extraction>map(f -> f).orElseGet(() -> Missing.NO_ANSWER);
  }

  private static int lastOf(String text, String part, int from) {
    int last = -1;
    for (int at = text.indexOf(part, from); at >= 0; at = text.indexOf(part, at + 1)) {
      last = at;
    }
    return last;
  }

  /**
   * The answer in a gold text: from its box, its {@code ####}, or its only mathematics; else the
   * whole text.
   */
  public static String gold(String gold) {
    String text = gold.substring(Math.max(0, gold.length() - Budget.TAIL_CHARACTERS)).strip();
    if (Boxes.last(text) instanceof Boxes.Last.Content content) {
      return content.text();
    }
    return hash(text).or(() -> MathEnvironments.only(text)).map(Found::text).orElse(text);
  }

  private static String withoutEndOfTurn(String response, int start) {
    int end = response.length();
    for (boolean again = true; again; ) {
      while (end > start && Character.isWhitespace(response.charAt(end - 1))) {
        end--;
      }
      again = false;
      for (String token : END_OF_TURN) {
        if (end - token.length() >= start && response.startsWith(token, end - token.length())) {
          end -= token.length();
          again = true;
        }
      }
    }
    return response.substring(start, end);
  }

  private static Optional<Found> tagged(String text) {
    int end = text.lastIndexOf(TAG_END);
    int start = end < 0 ? -1 : text.lastIndexOf(TAG, end);
    if (start < 0) {
      return Optional.empty();
    }
    String content = text.substring(start + TAG.length(), end);
    return Boxes.last(content) instanceof Boxes.Last.Content box
        ? Optional.of(new Found(box.text(), "tag"))
        : Found.of(content, "tag");
  }

  private static Optional<Found> hash(String text) {
    int near = text.length() - 1; // one of four neighbours is seen by looking at every fourth
    while (near >= 0 && text.charAt(near) != '#') {
      near -= HASH.length();
    }
    int marker = near < 0 ? -1 : text.lastIndexOf(HASH, near);
    if (marker < 0) {
      return Optional.empty();
    }
    int end = text.indexOf('\n', marker);
    String line = text.substring(marker + HASH.length(), end < 0 ? text.length() : end);
    return Found.of(line, "hash");
  }

  /** A short response that is nothing but an answer. */
  private static Optional<Found> whole(String text, Sought sought) {
    String stripped = text.strip();
    if (stripped.length() > WHOLE_RESPONSE
        || stripped.indexOf('\n') >= 0
        || stripped.indexOf('?') >= 0) {
      return Optional.empty();
    }
    int words = 0;
    int letters = 0;
    int blanks = 0;
    boolean command = false;
    for (int i = 0; i < stripped.length(); i++) {
      char here = stripped.charAt(i);
      if (Character.isLetter(here)) {
        letters++;
        words += letters == 2 && !command ? 1 : 0;
      } else {
        letters = 0;
        command = here == '\\';
        blanks += Character.isWhitespace(here) ? 1 : 0;
      }
    }
    boolean few = sought == Sought.OTHER ? words <= WHOLE_WORDS : words == 0;
    return few && blanks <= 12 ? Found.of(stripped, "whole") : Optional.empty();
  }
}

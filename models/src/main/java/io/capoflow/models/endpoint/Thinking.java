package io.capoflow.models.endpoint;

import java.util.Optional;

/**
 * An answer's text, taken apart: what a model thinks aloud before it answers is never read as its
 * answer.
 *
 * @param reasoning what stood between {@code <think>} tags at the beginning
 * @param text the rest
 */
record Thinking(Optional<String> reasoning, String text) {
  private static final String OPENING = "<think>";
  private static final String CLOSING = "</think>";

  /**
   * Takes a text apart. The opening tag may be missing, since some chat templates write it as the
   * end of the prompt. Where the closing tag is missing, all is reasoning.
   */
  static Thinking of(String written) {
    StringBuilder reasoning = new StringBuilder();
    String rest = written;
    boolean any = false;
    // A second block may follow the first at once.
    while (true) {
      String begun = rest.stripLeading();
      boolean opened = begun.startsWith(OPENING);
      int end = opened || !any ? begun.indexOf(CLOSING) : -1;
      if (!opened && end < 0) {
        return any
            ? new Thinking(Optional.of(reasoning.toString().strip()), begun)
            : new Thinking(Optional.empty(), written);
      }
      int start = opened ? OPENING.length() : 0;
      reasoning.append(begun, start, end < 0 ? begun.length() : end).append('\n');
      rest = end < 0 ? "" : begun.substring(end + CLOSING.length());
      any = true;
    }
  }
}

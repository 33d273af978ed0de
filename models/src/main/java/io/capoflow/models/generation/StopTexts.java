package io.capoflow.models.generation;

import io.capoflow.models.text.HfTokenizer;
import io.capoflow.models.text.TextStream;
import java.util.List;

/** Looks for stop texts in one response while it is written. Not thread-safe. */
final class StopTexts {
  private final List<String> stop;
  private final int longest;
  private final TextStream stream;
  private final StringBuilder finished = new StringBuilder();

  StopTexts(HfTokenizer tokenizer, List<String> stop) {
    this.stop = stop;
    this.longest = stop.stream().mapToInt(String::length).max().orElse(0);
    this.stream = tokenizer.stream();
  }

  /** Whether the text, with this token, holds a stop text. */
  boolean completedBy(int token) {
    // What lies further back was looked at when it came.
    int from = Math.max(0, finished.length() - longest + 1);
    stream.append(token);
    String recent = finished.substring(from) + stream.added();
    if (stream.finished()) {
      finished.append(stream.added());
    }
    return stop.stream().anyMatch(recent::contains);
  }
}

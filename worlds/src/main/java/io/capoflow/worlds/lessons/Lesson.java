package io.capoflow.worlds.lessons;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Message;
import java.util.List;

/**
 * One supervised example.
 *
 * @param prompt shown to the model; not learned
 * @param completion what it should write; an end-of-sequence token follows
 */
public record Lesson(List<Message> prompt, String completion) {
  public Lesson {
    prompt = List.copyOf(prompt);
    requireNonNull(completion, "completion");
  }
}

package io.capoflow.datasets.problems;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Message;
import java.util.List;
import java.util.stream.Collectors;

/** What prompts ask, so that two can be compared. Stateless and thread-safe. */
public final class Questions {
  private Questions() {}

  /**
   * The user's messages, or all of them where no role is "user", as one text with single spaces;
   * blank where the prompt asks nothing.
   */
  public static String normalised(List<Message> prompt) {
    requireNonNull(prompt, "prompt");
    boolean anyUser = prompt.stream().anyMatch(message -> message.getRole().equals("user"));
    return prompt.stream()
        .filter(message -> !anyUser || message.getRole().equals("user"))
        .map(message -> normalised(message.getContent()))
        .filter(text -> !text.isEmpty())
        .collect(Collectors.joining(" "));
  }

  static String normalised(String text) {
    return text.strip().replaceAll("\\s+", " ");
  }
}

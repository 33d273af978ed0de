package io.capoflow.models.chat;

import static java.util.Objects.requireNonNull;

import java.util.Map;

/** What models are usually told about how to answer, by name. */
public final class Instructions {
  private static final Map<String, String> BY_NAME =
      Map.of(
          // The system prompt of Qwen2.5-Math, also used with DeepSeek-R1.
          "boxed", "Please reason step by step, and put your final answer within \\boxed{}.",
          // The one with which verl and others train on GSM8K, whose solutions end so.
          "gsm8k", "Let's think step by step and output the final answer after \"####\".");

  private Instructions() {}

  /**
   * The text that a name stands for, {@code boxed} or {@code gsm8k}; any other text stands for
   * itself.
   */
  public static String named(String nameOrText) {
    return BY_NAME.getOrDefault(requireNonNull(nameOrText, "nameOrText"), nameOrText);
  }
}

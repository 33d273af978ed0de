package io.capoflow.models.endpoint;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.FinishReason;
import java.util.List;
import java.util.Optional;

/**
 * One answer of a chat model. A length cut, a content filter and a prompt that is too long are
 * answers, too: asking again would give them again. Immutable.
 *
 * @param text what it wrote, without its reasoning; empty where a filter or the prompt's length
 *     kept it from writing
 * @param reasoning what it thought before: a field of the server's answer, or what stood between
 *     {@code <think>} tags
 * @param finish why it wrote no more
 * @param tokens how many were read and written
 * @param logprobs of the written tokens, in order; empty where they were not asked for
 * @param model as the server's answer names it
 * @param fingerprint the server's name for its configuration; empty where it gives none
 * @param millis from sending the call to its whole answer; tells how fast, never what
 */
public record ChatAnswer(
    String text,
    Optional<String> reasoning,
    FinishReason finish,
    TokenCounts tokens,
    List<Float> logprobs,
    String model,
    String fingerprint,
    long millis) {
  public ChatAnswer {
    requireNonNull(text, "text");
    requireNonNull(reasoning, "reasoning");
    requireNonNull(finish, "finish");
    requireNonNull(tokens, "tokens");
    logprobs = List.copyOf(logprobs);
    requireNonNull(model, "model");
    requireNonNull(fingerprint, "fingerprint");
  }

  /**
   * Tokens of one answer.
   *
   * @param prompt tokens of the prompt
   * @param cached of these, how many the server had read before
   * @param written by the model, its reasoning included
   * @param reasoning of these, how many were reasoning, where the server says so
   */
  public record TokenCounts(int prompt, int cached, int written, int reasoning) {
    public static final TokenCounts NONE = new TokenCounts(0, 0, 0, 0);
  }
}

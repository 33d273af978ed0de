package io.capoflow.transforms.journal;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatRequest;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HexFormat;

/**
 * An answer of the journal. Immutable.
 *
 * @param request digest of the request
 * @param index of the answer
 * @param written when, in microseconds since 1970; of all that write to a journal, who writes later
 *     has a larger one, whatever the clock says
 * @param asked the request, see {@link ChatRequest#canonical}
 * @param answer what was answered
 */
record KeptAnswer(String request, int index, long written, String asked, ChatAnswer answer) {
  /** As files of the journal have them. */
  static final Comparator<KeptAnswer> BY_KEY =
      Comparator.comparing(KeptAnswer::request).thenComparingInt(KeptAnswer::index);

  /**
   * Of the answers with one key, the first counts. What is compared is in the answers alone: what
   * files they lie in makes no difference, and what comes later changes nothing.
   */
  static final Comparator<KeptAnswer> BY_RIGHT =
      Comparator.comparingLong(KeptAnswer::written).thenComparing(AnswerLine::checksum);

  KeptAnswer {
    requireNonNull(request, "request");
    requireNonNull(asked, "asked");
    requireNonNull(answer, "answer");
  }

  /** The same, written at another time. */
  KeptAnswer writtenAt(long time) {
    return new KeptAnswer(request, index, time, asked, answer);
  }

  /** The first 64 bits of the request's digest. */
  static long prefix(String request) {
    return HexFormat.fromHexDigitsToLong(request, 0, 16);
  }

  /** As a file gives it back: half of a surrogate pair has no place in UTF-8. */
  static ChatAnswer storable(ChatAnswer answer) {
    return new ChatAnswer(
        storable(answer.text()),
        answer.reasoning().map(KeptAnswer::storable),
        answer.finish(),
        answer.tokens(),
        answer.logprobs(),
        storable(answer.model()),
        storable(answer.fingerprint()),
        answer.millis());
  }

  /** As a file gives it back. */
  static String storable(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }
}

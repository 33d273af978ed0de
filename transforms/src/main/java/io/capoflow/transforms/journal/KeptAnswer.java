package io.capoflow.transforms.journal;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.JournalledAnswer;
import io.capoflow.schemas.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.Optional;

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

  /** As a row of a Parquet file. */
  JournalledAnswer row() {
    return JournalledAnswer.newBuilder()
        .setRequest(request)
        .setAnswerIndex(index)
        .setWritten(written)
        .setModel(model())
        .setText(answer.text())
        .setReasoning(answer.reasoning().orElse(null))
        .setFinishReason(answer.finish().text())
        .setPromptTokens(answer.tokens().prompt())
        .setCachedTokens(answer.tokens().cached())
        .setTokens(answer.tokens().written())
        .setReasoningTokens(answer.tokens().reasoning())
        .setLogprobs(answer.logprobs())
        .setAnsweredBy(answer.model())
        .setFingerprint(answer.fingerprint())
        .setMillis(answer.millis())
        .setAsked(asked)
        .build();
  }

  /** Of a row of a journal's own Parquet file. */
  static KeptAnswer of(JournalledAnswer row) {
    return new KeptAnswer(
        row.getRequest(),
        row.getAnswerIndex(),
        row.getWritten(),
        row.getAsked(),
        new ChatAnswer(
            row.getText(),
            Optional.ofNullable(row.getReasoning()),
            finish(row.getFinishReason()),
            new TokenCounts(
                row.getPromptTokens(),
                row.getCachedTokens(),
                row.getTokens(),
                row.getReasoningTokens()),
            row.getLogprobs(),
            row.getAnsweredBy(),
            row.getFingerprint(),
            row.getMillis()));
  }

  /**
   * What a file calls so.
   *
   * @throws IllegalArgumentException where that is nothing
   */
  static FinishReason finish(String text) {
    return Arrays.stream(FinishReason.values())
        .filter(reason -> reason.text().equals(text))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no finish_reason is called " + text));
  }

  /** The model that was asked; empty where the request names none. */
  String model() {
    try {
      return Json.LENIENT.readTree(asked).path("model").asText();
    } catch (JsonProcessingException e) {
      return "";
    }
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

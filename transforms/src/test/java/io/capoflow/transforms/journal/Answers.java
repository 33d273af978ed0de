package io.capoflow.transforms.journal;

import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Message;
import java.util.List;
import java.util.Optional;

/** Requests and answers for tests. */
final class Answers {
  private Answers() {}

  static ChatRequest request(String question) {
    return new ChatRequest(
        "critic",
        List.of(new Message("user", question)),
        new SamplingParameters(0.7, 0.9, 64),
        false,
        "{}",
        7);
  }

  static ChatAnswer answer(String text) {
    return new ChatAnswer(
        text,
        Optional.of("thought of " + text),
        FinishReason.STOP,
        new TokenCounts(11, 5, 7, 3),
        List.of(-0.1f, -1e-7f, Float.NEGATIVE_INFINITY),
        "critic-7b",
        "fp_1",
        42);
  }
}

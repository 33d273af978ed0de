package io.capoflow.models.endpoint;

import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.Message;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;

/** Calls, and what they come to, for tests. */
final class Calls {
  static final String MODEL = "critic";
  static final SamplingParameters SAMPLING = new SamplingParameters(0.7, 0.9, 64);

  private Calls() {}

  /** A question that differs from others by its number. */
  static ChatRequest request(int number) {
    return request(number, SAMPLING, true);
  }

  static ChatRequest request(int number, SamplingParameters sampling, boolean logprobs) {
    return new ChatRequest(
        MODEL,
        List.of(
            new Message(
                "user",
                "Problem %d. <step_0>one</step_0><step_1>two</step_1><step_2>three</step_2>"
                    .formatted(number))),
        sampling,
        logprobs,
        "{}",
        1000 + number);
  }

  static ChatCall call(int number) {
    return new ChatCall(request(number), 0, 2);
  }

  /** What is left of an answer when that is left out which tells only how fast it came. */
  static String content(ChatAnswer answer) {
    return "%s|%s|%s|%s|%s"
        .formatted(
            answer.text(), answer.reasoning(), answer.finish(), answer.tokens(), answer.logprobs());
  }

  /** Asks them all at once and waits for all; what failed is there as what it failed with. */
  static List<Object> ask(ChatClient client, int calls) {
    List<CompletableFuture<List<ChatAnswer>>> asked =
        IntStream.range(0, calls).mapToObj(i -> client.ask(call(i))).toList();
    List<Object> results = new ArrayList<>();
    for (CompletableFuture<List<ChatAnswer>> one : asked) {
      results.add(result(one));
    }
    return results;
  }

  /** The contents of the answers, or the failure. */
  static Object result(CompletableFuture<List<ChatAnswer>> asked) {
    try {
      return asked.join().stream().map(Calls::content).toList();
    } catch (CompletionException e) {
      return e.getCause();
    }
  }

  static EndpointSpec spec(List<String> urls, CallLimits limits) {
    return new EndpointSpec(
        urls, MODEL, "TEST_KEY", "", List.of(), Dialect.AUTO, limits, TokenPrices.NONE);
  }

  /** A hundred calls at once, one attempt for half a minute, five retries. */
  static CallLimits limits(Duration patience) {
    return limits(patience, 5);
  }

  /** The same with other retries. */
  static CallLimits limits(Duration patience, int retries) {
    return new CallLimits(100, 4, 0, 0, Duration.ofSeconds(30), retries, 0.5, patience, 0, 0, 1);
  }
}

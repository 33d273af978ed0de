package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.steps.RolloutSteps;
import io.capoflow.models.steps.Step;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.models.steps.StepSplitters;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Rollout;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a critic behind a server is asked about rollouts. Pure and thread-safe. */
public final class CritiqueRequests {
  private final ServerCriticSpec spec;
  private final PromptTemplate template;
  private final StepSplitter splitter;

  /**
   * The requests of a critic.
   *
   * @throws io.capoflow.schemas.UserMistake when its template or splitter cannot be found
   */
  public CritiqueRequests(ServerCriticSpec spec) {
    this.spec = requireNonNull(spec, "spec");
    this.template = spec.asked().template();
    this.splitter = StepSplitters.named(spec.splitter());
  }

  PromptTemplate template() {
    return template;
  }

  List<Step> steps(Rollout rollout) {
    return RolloutSteps.of(rollout, splitter);
  }

  /**
   * The request whose answers are the critiques of a rollout; empty where it has no steps.
   *
   * @param seed of the run
   */
  public Optional<ChatRequest> of(Rollout rollout, long seed) {
    return of(rollout, steps(rollout), seed);
  }

  Optional<ChatRequest> of(Rollout rollout, List<Step> steps, long seed) {
    if (steps.isEmpty()) {
      return Optional.empty();
    }
    List<Message> messages = template.render(rollout, steps);
    return Optional.of(
        new ChatRequest(
            spec.endpoint().model(),
            messages,
            spec.sampling(),
            spec.logprobs(),
            spec.extraBody().text(),
            firstSeed(messages, seed)));
  }

  /** A request with the parameters of all others, to try a server with. */
  ChatRequest shape() {
    return new ChatRequest(
        spec.endpoint().model(),
        List.of(),
        spec.sampling(),
        spec.logprobs(),
        spec.extraBody().text(),
        0);
  }

  private static int firstSeed(List<Message> messages, long seed) {
    String prompt =
        Digests.ofParts(
            messages.stream()
                .flatMap(message -> Stream.of(message.getRole(), message.getContent()))
                .toArray(String[]::new));
    return Draws.integer(Draws.key(seed, "critique", prompt), 0, ChatRequest.SEEDS);
  }
}

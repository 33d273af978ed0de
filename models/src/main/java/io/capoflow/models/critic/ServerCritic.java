package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.endpoint.CallFailed;
import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.steps.Step;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Judgment;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.Rollout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A chat model behind a server. Every critique is an answer of its own, taken from the journal
 * where it was paid for before. Thread-safe.
 *
 * <p>The seed that is sent depends on the run's seed, the prompt and the critique's index alone:
 * rollouts with equal prompts share their critiques, and those that moved to another iteration or
 * problem cost nothing.
 */
final class ServerCritic implements Critic {
  private final ServerCriticSpec spec;
  private final CritiqueRequests requests;
  private final JournaledChats.Lease chat;

  /** Takes the lease over; closing the critic closes it. */
  ServerCritic(ServerCriticSpec spec, JournaledChats.Lease chat) {
    this.spec = requireNonNull(spec, "spec");
    this.requests = new CritiqueRequests(spec);
    this.chat = requireNonNull(chat, "chat");
  }

  @Override
  public String identity() {
    return spec.identity();
  }

  @Override
  public Pending<Critique> critique(List<Rollout> rollouts, int times, long seed) {
    List<CompletableFuture<Critique>> critiques = new ArrayList<>();
    List<CompletableFuture<?>> calls = new ArrayList<>();
    for (Rollout rollout : rollouts) {
      List<Step> steps = requests.steps(rollout);
      Optional<ChatRequest> request = requests.of(rollout, steps, seed);
      if (request.isPresent()) {
        List<CompletableFuture<ChatAnswer>> answers = chat.chat().ask(request.get(), times);
        for (int index = 0; index < times; index++) {
          Critique.Builder critique = critique(rollout, index, request.get().seed() + index);
          critiques.add(
              answers
                  .get(index)
                  .handle(
                      (answer, failure) ->
                          failure == null
                              ? read(critique, answer, steps.size())
                              : failed(critique, failure)));
        }
        calls.addAll(answers);
      } else {
        for (int index = 0; index < times; index++) {
          Critique unasked = abstaining(critique(rollout, index, 0), VoidReason.NO_STEPS);
          critiques.add(CompletableFuture.completedFuture(unasked));
        }
      }
    }
    CompletableFuture<List<Critique>> rows =
        CompletableFuture.allOf(critiques.toArray(CompletableFuture[]::new))
            .thenApply(all -> critiques.stream().map(CompletableFuture::join).toList());
    return new Pending<>(rows, calls);
  }

  @Override
  public void close() {
    chat.close();
  }

  private Critique read(Critique.Builder critique, ChatAnswer answer, int steps) {
    boolean cut = answer.finish() == FinishReason.LENGTH;
    CritiqueReading reading = requests.template().read(answer.text(), cut, steps);
    Optional<VoidReason> voidReason =
        switch (answer.finish()) {
          case STOP, LENGTH -> reading.voidReason();
          case CONTENT_FILTER -> Optional.of(VoidReason.CONTENT_FILTER);
          case CONTEXT_LENGTH -> Optional.of(VoidReason.CONTEXT_LENGTH);
        };
    boolean valid = voidReason.isEmpty();
    return critique
        .setText(answer.text())
        .setReasoning(answer.reasoning().orElse(null))
        .setJudgment(reading.judgment().map(Judgment::text).orElse(null))
        .setWrongSteps(valid ? reading.wrongSteps() : List.of())
        .setDroppedIndices(reading.droppedIndices())
        .setVoidReason(voidReason.map(VoidReason::name).orElse(null))
        .setPromptTokens(answer.tokens().prompt())
        .setCachedTokens(answer.tokens().cached())
        .setTokens(answer.tokens().written())
        .setReasoningTokens(answer.tokens().reasoning())
        .setLogprobs(answer.logprobs().isEmpty() ? null : answer.logprobs())
        .setFinishReason(answer.finish().text())
        .setResponder(responder(answer))
        .setMillis(answer.millis())
        .build();
  }

  private static String responder(ChatAnswer answer) {
    return answer.fingerprint().isEmpty()
        ? answer.model()
        : answer.model() + " " + answer.fingerprint();
  }

  /** A call that failed while its endpoint answers others; all other failures are the run's. */
  private static Critique failed(Critique.Builder critique, Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause instanceof CallFailed) {
      return abstaining(critique.setFailure(cause.getMessage()), VoidReason.FAILED);
    }
    throw cause instanceof RuntimeException thrown ? thrown : new CompletionException(cause);
  }

  private static Critique abstaining(Critique.Builder critique, VoidReason reason) {
    return critique
        .setText("")
        .setWrongSteps(List.of())
        .setDroppedIndices(0)
        .setVoidReason(reason.name())
        .setPromptTokens(0)
        .setTokens(0)
        .setFinishReason(FinishReason.STOP.text())
        .setMillis(0)
        .build();
  }

  private Critique.Builder critique(Rollout rollout, int index, long seed) {
    return Critique.newBuilder()
        .setIteration(rollout.getIteration())
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setCritiqueIndex(index)
        .setCritic(spec.identity())
        .setPromptTemplate(requests.template().name())
        .setSeed(seed);
  }
}

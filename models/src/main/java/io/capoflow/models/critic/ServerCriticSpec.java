package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.endpoint.EndpointReport;
import io.capoflow.models.endpoint.EndpointSpec;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.journal.JournalSource;
import io.capoflow.models.steps.StepSplitters;
import io.capoflow.schemas.JsonObject;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A chat model behind a server as a critic. What it answers is no function of what it is asked:
 * equal critiques are promised to those who read the same journal.
 *
 * @param endpoint where it is and how it is called; of all this only the model makes another critic
 * @param journal keeps its answers
 * @param asked what it is asked
 * @param splitter name of the step splitter, see {@link StepSplitters}
 * @param sampling how critiques are drawn
 * @param logprobs whether log-probabilities of the critiques' tokens are asked for
 * @param extraBody see {@link io.capoflow.models.endpoint.ChatRequest}
 */
public record ServerCriticSpec(
    EndpointSpec endpoint,
    JournalSource journal,
    CritiquePrompt asked,
    String splitter,
    SamplingParameters sampling,
    boolean logprobs,
    JsonObject extraBody)
    implements CriticSource {
  /**
   * Checks what can be checked without the server.
   *
   * @throws io.capoflow.schemas.UserMistake when there is no such splitter
   */
  public ServerCriticSpec {
    requireNonNull(endpoint, "endpoint");
    requireNonNull(journal, "journal");
    requireNonNull(asked, "asked");
    requireNonNull(splitter, "splitter");
    requireNonNull(sampling, "sampling");
    requireNonNull(extraBody, "extraBody");
    // Looked for here so that a misspelt name fails before any work is done.
    StepSplitters.named(splitter);
  }

  @Override
  public String identity() {
    return "server:model=%s;template=%s;splitter=%s;%s"
            .formatted(endpoint.model(), asked.templateName(), splitter, sampling.identity())
        + asked.identity()
        + (logprobs ? ";logprobs" : "")
        + (extraBody.equals(JsonObject.EMPTY) ? "" : ";extra_body=" + extraBody.text());
  }

  /** {@inheritDoc} Asks nobody: an endpoint that is away is met by the first call. */
  @Override
  public Critic open() {
    return new ServerCritic(this, JournaledChats.lease(endpoint, journal));
  }

  @Override
  public Optional<ServerWatch> watch() {
    JournaledChats.Lease lease = JournaledChats.lease(endpoint, journal);
    return Optional.of(
        new ServerWatch() {
          @Override
          public CriticCalls calls() {
            return new CriticCalls(
                lease.client().figures(),
                lease.chat().answered(),
                lease.chat().found(),
                lease.chat().shared());
          }

          @Override
          public CompletableFuture<EndpointReport> report() {
            return lease.client().report(new CritiqueRequests(ServerCriticSpec.this).shape());
          }

          @Override
          public int open() {
            return lease.chat().open();
          }

          @Override
          public void finish() {
            lease.chat().finish();
          }

          @Override
          public void close() {
            lease.close();
          }
        });
  }

  /** Twice what the server takes: one half is with it while the other waits for its turn. */
  @Override
  public int window() {
    return 2 * endpoint.limits().maxInFlight() * endpoint.urls().size();
  }
}

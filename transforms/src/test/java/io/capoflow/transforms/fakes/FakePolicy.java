package io.capoflow.transforms.fakes;

import io.capoflow.models.policy.Policy;
import io.capoflow.models.policy.PolicySource;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Answers every problem in two steps and a box, rightly or wrongly as draws decide, and counts how
 * often it was asked. Counters are the process's, since runners copy what they are given.
 *
 * @param name of the counter, and part of the identity
 */
public record FakePolicy(String name) implements PolicySource {
  private static final Map<String, AtomicInteger> CALLS = new ConcurrentHashMap<>();

  /** Shards sampled so far by policies of this name. */
  public int calls() {
    return CALLS.computeIfAbsent(name, key -> new AtomicInteger()).get();
  }

  @Override
  public String identity() {
    return "fake:" + name;
  }

  @Override
  public Policy open() {
    return new Opened(this);
  }

  private record Opened(FakePolicy source) implements Policy {
    @Override
    public String identity() {
      return source.identity();
    }

    @Override
    public List<Rollout> sample(List<Problem> problems, SampleRequest request) {
      CALLS.computeIfAbsent(source.name(), key -> new AtomicInteger()).incrementAndGet();
      List<Rollout> rollouts = new ArrayList<>();
      for (Problem problem : problems) {
        for (int sample = 0; sample < request.rolloutsPerProblem(); sample++) {
          rollouts.add(answer(problem, sample, request));
        }
      }
      return rollouts;
    }

    private static Rollout answer(Problem problem, int sample, SampleRequest request) {
      long key =
          Draws.key(request.seed(), "sample", request.iteration(), problem.getProblemId(), sample);
      String answer = Draws.integer(key, 0, 2) == 0 ? problem.getAnswer() : "0";
      String[] tokens = {"1. a", "\n\n", "2. b", "\n\n", "\\boxed{" + answer + "}"};
      List<Integer> ids = new ArrayList<>();
      List<Integer> ends = new ArrayList<>();
      List<Float> logProbabilities = new ArrayList<>();
      StringBuilder response = new StringBuilder();
      for (String token : tokens) {
        response.append(token);
        ids.add(3 + Draws.integer(key, 1L + ids.size(), 20));
        ends.add(response.length());
        logProbabilities.add((float) -Draws.uniform(key, 10L + ids.size()));
      }
      ids.add(2);
      ends.add(response.length());
      logProbabilities.add(-0.125f);
      return Rollout.newBuilder()
          .setRunId(request.runId())
          .setIteration(request.iteration())
          .setProblem(problem)
          .setSampleIndex(sample)
          .setRolloutId(Keys.rolloutId(request.iteration(), problem.getProblemId(), sample))
          .setPromptTokenIds(List.of(1, 7, 8))
          .setResponseTokenIds(ids)
          .setResponse(response.toString())
          .setTokenEnds(ends)
          .setBehaviourLogprobs(logProbabilities)
          .setFinishReason("stop")
          .setPolicyVersion(request.policyVersion())
          .setTemperature(request.sampling().temperature())
          .setTopP(request.sampling().topP())
          .setMaxNewTokens(request.sampling().maxNewTokens())
          .setSeed(key)
          .build();
    }

    @Override
    public void close() {}
  }
}

package io.capoflow.transforms.fakes;

import io.capoflow.models.critic.Critic;
import io.capoflow.models.critic.CriticSource;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.Rollout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Calls steps wrong as draws decide, is unreadable now and then, and counts how often it was asked.
 *
 * @param name of the counter, and part of the identity
 */
public record FakeCritic(String name) implements CriticSource {
  private static final Map<String, AtomicInteger> CALLS = new ConcurrentHashMap<>();

  /** Shards critiqued so far by critics of this name. */
  public int calls() {
    return CALLS.computeIfAbsent(name, key -> new AtomicInteger()).get();
  }

  @Override
  public String identity() {
    return "fake:" + name;
  }

  @Override
  public Critic open() {
    return new Opened(this);
  }

  private record Opened(FakeCritic source) implements Critic {
    @Override
    public String identity() {
      return source.identity();
    }

    @Override
    public Pending<Critique> critique(List<Rollout> rollouts, int times, long seed) {
      CALLS.computeIfAbsent(source.name(), key -> new AtomicInteger()).incrementAndGet();
      List<Critique> critiques = new ArrayList<>();
      for (Rollout rollout : rollouts) {
        for (int index = 0; index < times; index++) {
          critiques.add(critique(rollout, index, seed));
        }
      }
      return Pending.done(critiques);
    }

    private Critique critique(Rollout rollout, int index, long seed) {
      long key =
          Draws.key(
              seed,
              "critique",
              rollout.getIteration(),
              rollout.getProblem().getProblemId(),
              rollout.getSampleIndex(),
              index);
      boolean unreadable = Draws.integer(key, 0, 4) == 0;
      List<Integer> wrong = Draws.integer(key, 1, 2) == 0 ? List.of() : List.of(1);
      return Critique.newBuilder()
          .setIteration(rollout.getIteration())
          .setProblemId(rollout.getProblem().getProblemId())
          .setSampleIndex(rollout.getSampleIndex())
          .setRolloutId(rollout.getRolloutId())
          .setCritiqueIndex(index)
          .setCritic(identity())
          .setPromptTemplate("fake")
          .setText(unreadable ? "?" : "<incorrect_steps>" + wrong + "</incorrect_steps>")
          .setJudgment(unreadable ? null : wrong.isEmpty() ? "yes" : "no")
          .setWrongSteps(unreadable ? List.of() : wrong)
          .setDroppedIndices(0)
          .setVoidReason(unreadable ? "NO_STEP_LIST" : null)
          .setPromptTokens(10)
          .setTokens(5)
          .setFinishReason("stop")
          .setMillis(1)
          .setSeed(key)
          .build();
    }

    @Override
    public void close() {}
  }
}

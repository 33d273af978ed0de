package io.capoflow.benchmarks;

import io.capoflow.models.critic.Critic;
import io.capoflow.models.critic.CriticSource;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Judgment;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.Rollout;
import java.util.ArrayList;
import java.util.List;

/** Writes critiques of some 150 characters by draws alone, in no time. */
record InstantCritic() implements CriticSource {
  private static final String IDENTITY = "instant";
  private static final int TOKENS = 40;

  @Override
  public String identity() {
    return IDENTITY;
  }

  @Override
  public Critic open() {
    return new Opened();
  }

  private record Opened() implements Critic {
    @Override
    public String identity() {
      return IDENTITY;
    }

    @Override
    public Pending<Critique> critique(List<Rollout> rollouts, int times, long seed) {
      List<Critique> critiques = new ArrayList<>();
      for (Rollout rollout : rollouts) {
        for (int index = 0; index < times; index++) {
          critiques.add(critique(rollout, index, seed));
        }
      }
      return Pending.done(critiques);
    }

    /** One step is called wrong, or none. */
    private static Critique critique(Rollout rollout, int index, long seed) {
      long key = Draws.key(seed, "critique", rollout.getProblem().getProblemId(), index);
      int wrong = Draws.integer(key, 0, rollout.getGivenSteps().size() + 1) - 1;
      return Critique.newBuilder()
          .setIteration(rollout.getIteration())
          .setProblemId(rollout.getProblem().getProblemId())
          .setSampleIndex(rollout.getSampleIndex())
          .setRolloutId(rollout.getRolloutId())
          .setCritiqueIndex(index)
          .setCritic(IDENTITY)
          .setPromptTemplate("processbench")
          .setText(
              "I go through the paragraphs one by one and compute each sum again, from the first to the last, with the number %d in mind. The first mistake is in \\boxed{%d}"
                  .formatted(Draws.integer(key, 1, 1_000_000), wrong))
          .setJudgment((wrong < 0 ? Judgment.YES : Judgment.NO).text())
          .setWrongSteps(wrong < 0 ? List.of() : List.of(wrong))
          .setDroppedIndices(0)
          .setPromptTokens(TOKENS)
          .setTokens(TOKENS)
          .setFinishReason(FinishReason.STOP.text())
          .setMillis(0)
          .setSeed(key)
          .build();
    }

    @Override
    public void close() {}
  }
}

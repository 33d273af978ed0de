package io.capoflow.pipelines.metrics;

import io.capoflow.pipelines.metrics.Figures.Mean;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.StepVotes;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What the critics said, how alike, and how often nothing that could be read. */
final class CriticFigures {
  private final Mean voids = new Mean();
  private final Mean voidsRight = new Mean();
  private final Mean voidsWrong = new Mean();
  private final Mean voidsShort = new Mean();
  private final Mean voidsLong = new Mean();
  private final Mean noQuorum = new Mean();
  private final Mean noQuorumRight = new Mean();
  private final Mean noQuorumWrong = new Mean();
  private final Mean noQuorumShort = new Mean();
  private final Mean noQuorumLong = new Mean();
  private final Mean agreement = new Mean();
  private final Mean overlap = new Mean();
  private final Mean flagged = new Mean();
  private final Mean flaggedPositives = new Mean();
  private long tokens;
  private long promptTokens;
  private long millis;

  private CriticFigures() {}

  /** Adds nothing where no critic was asked. */
  static void add(List<JoinedRollout> rollouts, Figures figures) {
    CriticFigures critics = new CriticFigures();
    rollouts.forEach(critics::take);
    critics.put(figures);
  }

  private void take(JoinedRollout rollout) {
    for (Critique critique : rollout.critiques()) {
      boolean isVoid = critique.getVoidReason() != null;
      voids.add(isVoid);
      (rollout.right() ? voidsRight : voidsWrong).add(isVoid);
      (rollout.longer() ? voidsLong : voidsShort).add(isVoid);
      tokens += critique.getTokens();
      promptTokens += critique.getPromptTokens();
      millis += critique.getMillis();
    }
    rollout.votes().ifPresent(votes -> take(rollout, votes));
    if (rollout.steps() > 0) {
      compare(rollout);
    }
  }

  private void take(JoinedRollout rollout, StepVotes votes) {
    boolean none = !votes.getQuorum();
    noQuorum.add(none);
    (rollout.right() ? noQuorumRight : noQuorumWrong).add(none);
    (rollout.longer() ? noQuorumLong : noQuorumShort).add(none);
    if (votes.getQuorum()) {
      long wrong = votes.getSteps().stream().filter(step -> step.getWeight() > 0).count();
      flagged.add(wrong, votes.getSteps().size());
      if (rollout.right()) {
        flaggedPositives.add(wrong > 0);
      }
    }
  }

  private void compare(JoinedRollout rollout) {
    List<Set<Integer>> valid =
        rollout.critiques().stream()
            .filter(critique -> critique.getVoidReason() == null)
            .map(critique -> Set.copyOf(critique.getWrongSteps()))
            .toList();
    Mean alike = new Mean();
    Mean shared = new Mean();
    for (int i = 0; i < valid.size(); i++) {
      for (int j = i + 1; j < valid.size(); j++) {
        Set<Integer> both = new HashSet<>(valid.get(i));
        both.retainAll(valid.get(j));
        Set<Integer> either = new HashSet<>(valid.get(i));
        either.addAll(valid.get(j));
        int different = either.size() - both.size();
        alike.add((rollout.steps() - different) / (double) rollout.steps());
        shared.add(either.isEmpty() ? 1 : both.size() / (double) either.size());
      }
    }
    alike.value().ifPresent(agreement::add);
    shared.value().ifPresent(overlap::add);
  }

  private void put(Figures figures) {
    figures.put(Figure.FLAGGED_SHARE, flagged);
    figures.put(Figure.FLAGGED_POSITIVE_SHARE, flaggedPositives);
    figures.put(Figure.CRITIC_AGREEMENT, agreement);
    figures.put(Figure.CRITIC_OVERLAP, overlap);
    figures.put(Figure.VOID_RATE, voids);
    figures.put(Figure.VOID_RATE_RIGHT, voidsRight);
    figures.put(Figure.VOID_RATE_WRONG, voidsWrong);
    figures.put(Figure.VOID_RATE_SHORT, voidsShort);
    figures.put(Figure.VOID_RATE_LONG, voidsLong);
    figures.put(Figure.NO_QUORUM_RATE, noQuorum);
    figures.put(Figure.NO_QUORUM_RATE_RIGHT, noQuorumRight);
    figures.put(Figure.NO_QUORUM_RATE_WRONG, noQuorumWrong);
    figures.put(Figure.NO_QUORUM_RATE_SHORT, noQuorumShort);
    figures.put(Figure.NO_QUORUM_RATE_LONG, noQuorumLong);
    if (voids.value().isPresent()) {
      figures.put(Figure.CRITIC_TOKENS, tokens);
      figures.put(Figure.CRITIC_PROMPT_TOKENS, promptTokens);
      figures.put(Figure.CRITIC_SECONDS, millis / 1_000.0);
    }
  }
}

package io.capoflow.pipelines.metrics;

import io.capoflow.pipelines.metrics.Figures.Mean;
import io.capoflow.pipelines.metrics.RolloutFigures.Critics;
import io.capoflow.pipelines.metrics.RolloutFigures.Votes;
import java.util.List;

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
  private final int medianTokens;
  private long tokens;
  private long promptTokens;
  private long millis;

  private CriticFigures(List<RolloutFigures> rollouts) {
    this.medianTokens = medianTokens(rollouts);
  }

  /** Adds nothing where no critic was asked. */
  static void add(List<RolloutFigures> rollouts, Figures figures) {
    CriticFigures critics = new CriticFigures(rollouts);
    rollouts.forEach(critics::take);
    critics.put(figures);
  }

  /** The lower median; 0 where there is nothing. */
  private static int medianTokens(List<RolloutFigures> rollouts) {
    List<Integer> lengths = rollouts.stream().map(RolloutFigures::tokens).sorted().toList();
    return lengths.isEmpty() ? 0 : lengths.get((lengths.size() - 1) / 2);
  }

  private boolean isLong(RolloutFigures rollout) {
    return rollout.tokens() > medianTokens;
  }

  private void take(RolloutFigures rollout) {
    Critics critics = rollout.critics();
    for (Mean mean :
        List.of(
            voids,
            rollout.right() ? voidsRight : voidsWrong,
            isLong(rollout) ? voidsLong : voidsShort)) {
      mean.add((long) critics.voids(), critics.critiques());
    }
    tokens += critics.tokens();
    promptTokens += critics.promptTokens();
    millis += critics.millis();
    critics.agreement().ifPresent(agreement::add);
    critics.overlap().ifPresent(overlap::add);
    rollout.votes().ifPresent(votes -> take(rollout, votes));
  }

  private void take(RolloutFigures rollout, Votes votes) {
    boolean none = !votes.quorum();
    noQuorum.add(none);
    (rollout.right() ? noQuorumRight : noQuorumWrong).add(none);
    (isLong(rollout) ? noQuorumLong : noQuorumShort).add(none);
    if (votes.quorum()) {
      flagged.add(votes.wrong(), votes.steps());
      if (rollout.right()) {
        flaggedPositives.add(votes.wrong() > 0);
      }
    }
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

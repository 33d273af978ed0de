package io.capoflow.transforms.vote;

/** Wrong when at least half of the critics say so: a tie flags the step. */
public final class Majority implements VotingRule {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "majority";
  }

  @Override
  public double weight(int wrongVotes, int votes) {
    return 2 * wrongVotes >= votes ? 1 : 0;
  }
}

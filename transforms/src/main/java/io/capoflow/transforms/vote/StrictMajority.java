package io.capoflow.transforms.vote;

/** Wrong when more than half of the critics say so: a tie clears the step. */
public final class StrictMajority implements VotingRule {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "strict_majority";
  }

  @Override
  public double weight(int wrongVotes, int votes) {
    return 2 * wrongVotes > votes ? 1 : 0;
  }
}

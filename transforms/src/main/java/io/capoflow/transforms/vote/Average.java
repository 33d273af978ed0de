package io.capoflow.transforms.vote;

/** No verdict: a step loses the share of W_process that the share of critics against it gives. */
public final class Average implements VotingRule {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "average";
  }

  @Override
  public double weight(int wrongVotes, int votes) {
    return (double) wrongVotes / votes;
  }
}

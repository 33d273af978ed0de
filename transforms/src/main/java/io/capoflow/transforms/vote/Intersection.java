package io.capoflow.transforms.vote;

/** Wrong when all critics say so: the paper's best on its smaller models. */
public final class Intersection implements VotingRule {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "intersection";
  }

  @Override
  public double weight(int wrongVotes, int votes) {
    return wrongVotes == votes ? 1 : 0;
  }
}

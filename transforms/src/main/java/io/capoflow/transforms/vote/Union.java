package io.capoflow.transforms.vote;

/** Wrong when any critic says so. */
public final class Union implements VotingRule {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "union";
  }

  @Override
  public double weight(int wrongVotes, int votes) {
    return wrongVotes > 0 ? 1 : 0;
  }
}

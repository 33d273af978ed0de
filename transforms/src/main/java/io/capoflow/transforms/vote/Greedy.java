package io.capoflow.transforms.vote;

/** One critique, decoded greedily, decides alone. */
public final class Greedy implements VotingRule {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "greedy";
  }

  @Override
  public double weight(int wrongVotes, int votes) {
    return 2 * wrongVotes >= votes ? 1 : 0;
  }

  @Override
  public CritiqueNeeds needs() {
    return CritiqueNeeds.exactly(1).atTemperatureZero();
  }
}

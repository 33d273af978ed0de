package com.example.capoflow;

import io.capoflow.transforms.vote.VotingRule;

/** Wrong when at least two thirds of the critics say so. */
public final class TwoThirds implements VotingRule {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "two_thirds";
  }

  @Override
  public double weight(int wrongVotes, int votes) {
    return 3 * wrongVotes >= 2 * votes ? 1 : 0;
  }
}

package io.capoflow.transforms.vote;

import java.io.Serializable;

/**
 * Turns the counts of one step into the weight of its penalty. Found by {@link #name} through
 * {@link java.util.ServiceLoader}. Pure and thread-safe.
 */
public interface VotingRule extends Serializable {
  /** As a recipe names it. */
  String name();

  /**
   * Share of W_process that the step's tokens lose, in [0, 1]: 0 or 1 for a rule that decides.
   *
   * @param wrongVotes valid critiques that call the step wrong
   * @param votes valid critiques, m, at least 1
   */
  double weight(int wrongVotes, int votes);

  /**
   * The critiques that the rule can count: any, unless it says otherwise. A recipe that asks for
   * others is refused before any critique is paid for.
   */
  default CritiqueNeeds needs() {
    return CritiqueNeeds.any();
  }
}

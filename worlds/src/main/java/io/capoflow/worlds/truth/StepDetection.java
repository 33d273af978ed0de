package io.capoflow.worlds.truth;

import io.capoflow.schemas.ExactSum;
import io.capoflow.schemas.StepVote;
import io.capoflow.schemas.StepVotes;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * How well votes find the truly wrong steps. A step counts with the weight that the vote gives it,
 * which is what its tokens lose: 0 or 1, except under {@code average}.
 *
 * <ul>
 *   <li>Precision is the weight on truly wrong steps over all weight.
 *   <li>Recall is the weight on truly wrong steps over their number. Those that the vote could not
 *       touch, of a rollout without a quorum or in a last step that the length limit cut, count as
 *       missed.
 *   <li>F1 is the harmonic mean of the two.
 * </ul>
 *
 * <p>The order in which steps are added changes nothing. For one thread.
 */
public final class StepDetection {
  private final ExactSum flagged = new ExactSum();
  private final ExactSum found = new ExactSum();
  private long wrong;

  /** Begins with nothing voted. */
  public StepDetection() {}

  /**
   * Adds the voted steps of one rollout.
   *
   * @param wrongSteps indices of its truly wrong steps
   */
  public void add(StepVotes votes, Set<Integer> wrongSteps) {
    wrong += wrongSteps.size();
    for (StepVote step : votes.getSteps()) {
      weigh(step.getWeight(), wrongSteps.contains(step.getIndex()));
    }
  }

  /**
   * Adds one step.
   *
   * @param weight that the vote gives it; 0 where there was no quorum
   * @param trulyWrong what is true of it
   */
  public void add(double weight, boolean trulyWrong) {
    wrong += trulyWrong ? 1 : 0;
    weigh(weight, trulyWrong);
  }

  private void weigh(double weight, boolean trulyWrong) {
    flagged.add(weight);
    if (trulyWrong) {
      found.add(weight);
    }
  }

  /** Weight of all steps. */
  public double flagged() {
    return flagged.value();
  }

  /** Weight of the truly wrong steps. */
  public double found() {
    return found.value();
  }

  /** Number of the truly wrong steps. */
  public long wrong() {
    return wrong;
  }

  /** In [0, 1]; empty where no step is voted wrong. */
  public OptionalDouble precision() {
    return ratio(found(), flagged());
  }

  /** In [0, 1]; empty where no step is wrong. */
  public OptionalDouble recall() {
    return ratio(found(), (double) wrong);
  }

  /** In [0, 1]; empty where no step is voted wrong and none is. */
  public OptionalDouble f1() {
    return ratio(2 * found(), flagged() + wrong);
  }

  private static OptionalDouble ratio(double part, double whole) {
    return whole > 0 ? OptionalDouble.of(part / whole) : OptionalDouble.empty();
  }
}

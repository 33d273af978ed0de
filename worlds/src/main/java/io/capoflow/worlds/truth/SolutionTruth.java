package io.capoflow.worlds.truth;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What is true of every step of a solution.
 *
 * @param steps in order, one for each step shown
 * @param stepsAsked steps of work that the problem asks for, positive
 */
public record SolutionTruth(List<StepTruth> steps, int stepsAsked) {
  public SolutionTruth {
    steps = List.copyOf(steps);
    if (stepsAsked < 1) {
      throw new IllegalArgumentException("a problem asks for some work: " + stepsAsked);
    }
  }

  /** Indices of steps that are not right, ascending. */
  public SortedSet<Integer> wrongSteps() {
    return IntStream.range(0, steps.size())
        .filter(i -> !steps.get(i).right())
        .boxed()
        .collect(TreeSet::new, TreeSet::add, TreeSet::addAll);
  }

  /**
   * Steps of work whose content is right over the steps that the problem asks for, in [0, 1]: a
   * solution that skips steps cannot win. Numbering is left out; see {@link #misnumberedSteps}.
   */
  public double stepCorrectness() {
    long right =
        steps.stream()
            .filter(step -> step.kind() == StepTruth.Kind.WORK && step.contentRight())
            .count();
    return Math.min(1, right / (double) stepsAsked);
  }

  /** Steps that bear another number than that of their place. */
  public int misnumberedSteps() {
    return (int) steps.stream().filter(step -> !step.numberingRight()).count();
  }
}

package io.capoflow.datasets.problems;

import io.capoflow.schemas.Draws;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Problems to learn from and problems to measure with.
 *
 * @param train in file order
 * @param heldOut in random order, so that the first n are a sample of all
 */
public record ProblemSplit(List<Problem> train, List<Problem> heldOut) {
  public ProblemSplit {
    train = List.copyOf(train);
    heldOut = List.copyOf(heldOut);
  }

  /**
   * Sets problems aside by a draw keyed by each problem's id: a problem's lot does not depend on
   * the others' order.
   *
   * @throws UserMistake when nothing would be left to train on
   */
  public static ProblemSplit of(List<Problem> problems, int heldOut, long seed) {
    if (heldOut >= problems.size()) {
      throw new UserMistake(
          "problems.held_out: cannot set aside "
              + heldOut
              + " of "
              + problems.size()
              + " problems and train on the rest; lower it, or name a problems.held_out_file");
    }
    List<Problem> drawn = drawn(problems, "split", seed);
    List<Problem> apart = drawn.subList(0, heldOut);
    Set<String> ids =
        apart.stream().map(Problem::getProblemId).collect(Collectors.toUnmodifiableSet());
    return new ProblemSplit(
        problems.stream().filter(problem -> !ids.contains(problem.getProblemId())).toList(), apart);
  }

  /** A random order, fixed by key; ids break the ties that 64 bits leave. */
  static List<Problem> drawn(List<Problem> problems, Object... key) {
    return problems.stream()
        .map(problem -> new Drawn(problem, draw(problem, key)))
        .sorted(Drawn.ORDER)
        .map(Drawn::problem)
        .toList();
  }

  /** Drawn once, not for each comparison: a draw is a digest. */
  private record Drawn(Problem problem, long bits) {
    static final Comparator<Drawn> ORDER =
        ((Comparator<Drawn>) (left, right) -> Long.compareUnsigned(left.bits(), right.bits()))
            .thenComparing(drawn -> drawn.problem().getProblemId());
  }

  private static long draw(Problem problem, Object[] key) {
    Object[] parts = Arrays.copyOf(key, key.length + 1);
    parts[key.length] = problem.getProblemId();
    return Draws.bits(Draws.key(parts), 0);
  }
}

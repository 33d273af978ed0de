package io.capoflow.datasets.problems;

import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import java.util.List;

/**
 * Which problems an iteration uses. Each pass over the problems is a permutation of its own, drawn
 * by (seed, pass, problem_id) and cut into iterations; a remainder that fills no iteration sits the
 * pass out, so that no iteration holds a problem twice. A pure function of its arguments;
 * thread-safe.
 */
public final class ProblemSchedule {
  private final List<Problem> problems;
  private final int perIteration;
  private final long seed;

  /**
   * @param problems with unique ids, in any order
   * @param perIteration {@code problems.per_iteration}
   * @param seed of the run
   * @throws UserMistake when there are fewer problems than an iteration takes
   */
  public ProblemSchedule(List<Problem> problems, int perIteration, long seed) {
    this.problems = List.copyOf(problems);
    this.perIteration = perIteration;
    this.seed = seed;
    if (perIteration < 1) {
      throw new IllegalArgumentException("an iteration takes problems: " + perIteration);
    }
    if (problems.size() < perIteration) {
      throw new UserMistake(
          "problems.per_iteration: an iteration takes "
              + perIteration
              + " problems, but only "
              + problems.size()
              + " can be used; lower it, or add problems");
    }
  }

  /** Iterations of one pass. */
  public int iterationsPerPass() {
    return problems.size() / perIteration;
  }

  /**
   * The problems of an iteration, in the order in which they are planned into shards.
   *
   * @param iteration from 0
   */
  public List<Problem> problemsOf(int iteration) {
    int pass = iteration / iterationsPerPass();
    int position = iteration % iterationsPerPass();
    return ProblemSplit.drawn(problems, "schedule", seed, pass).stream()
        .skip((long) position * perIteration)
        .limit(perIteration)
        .toList();
  }
}

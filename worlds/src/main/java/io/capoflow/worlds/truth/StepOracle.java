package io.capoflow.worlds.truth;

import io.capoflow.models.steps.Step;
import io.capoflow.schemas.Problem;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * Knows which steps are truly wrong, for the problems of one source. Used to measure critics and
 * policies, never to train them. Found by {@link #source} through {@link ServiceLoader}; pure and
 * thread-safe.
 */
public interface StepOracle {
  /** The {@link Problem#getSource} that it knows. */
  String source();

  /**
   * Judges every step.
   *
   * @param problem one of its source
   * @param steps texts of the steps, in order
   * @return empty where it does not know the problem, as when a row only borrows the source's name:
   *     no user's row may cost a run its figures
   */
  Optional<SolutionTruth> judge(Problem problem, List<String> steps);

  /** The texts of a response's steps; spans count code points. */
  static List<String> texts(String response, List<Step> steps) {
    return steps.stream()
        .map(
            step -> {
              int start = response.offsetByCodePoints(0, step.start());
              int end = response.offsetByCodePoints(start, step.end() - step.start());
              return response.substring(start, end);
            })
        .toList();
  }

  /** The oracle of a source; empty where step labels are unknown. */
  static Optional<StepOracle> of(String source) {
    return ServiceLoader.load(StepOracle.class, StepOracle.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .filter(oracle -> oracle.source().equals(source))
        .findFirst();
  }
}

package io.capoflow.models.steps;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepSpan;
import java.util.ArrayList;
import java.util.List;

/**
 * The steps of a rollout: those that its source gave, as they stand, or else those that a splitter
 * finds. Whoever numbers the steps of a rollout asks here, so that critics, votes and credit mean
 * the same ones. Stateless and thread-safe.
 */
public final class RolloutSteps {
  private RolloutSteps() {}

  /**
   * The steps of a rollout.
   *
   * @throws IllegalArgumentException when given steps are empty, overlap, fall or pass the end
   */
  public static List<Step> of(Rollout rollout, StepSplitter splitter) {
    requireNonNull(rollout, "rollout");
    requireNonNull(splitter, "splitter");
    List<StepSpan> given = rollout.getGivenSteps();
    return given == null ? splitter.split(rollout.getResponse()) : given(rollout, given);
  }

  /** Their texts, in order. */
  public static List<String> texts(Rollout rollout, StepSplitter splitter) {
    int[] text = rollout.getResponse().codePoints().toArray();
    return of(rollout, splitter).stream()
        .map(step -> new String(text, step.start(), step.end() - step.start()))
        .toList();
  }

  private static List<Step> given(Rollout rollout, List<StepSpan> spans) {
    String response = rollout.getResponse();
    int length = response.codePointCount(0, response.length());
    List<Step> steps = new ArrayList<>();
    int before = 0;
    for (StepSpan span : spans) {
      if (span.getCharStart() < before
          || span.getCharEnd() <= span.getCharStart()
          || span.getCharEnd() > length) {
        throw new IllegalArgumentException(
            "given step %d of %s is [%d, %d) of %d code points, after one that ends at %d"
                .formatted(
                    steps.size(),
                    rollout.getRolloutId(),
                    span.getCharStart(),
                    span.getCharEnd(),
                    length,
                    before));
      }
      steps.add(new Step(steps.size(), span.getCharStart(), span.getCharEnd()));
      before = span.getCharEnd();
    }
    return List.copyOf(steps);
  }
}

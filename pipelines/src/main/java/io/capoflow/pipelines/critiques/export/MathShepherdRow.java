package io.capoflow.pipelines.critiques.export;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Question and steps as one text with a mark behind each step, and a second text with labels in
 * place of the marks.
 *
 * <p>Who reads such a row finds a label by the place of its mark, and the first step by {@code Step
 * 1:}. Nothing can be escaped in it. So a row whose own text holds either is left out. A step that
 * begins with its number as it would be written is not numbered again.
 */
final class MathShepherdRow {
  /** Behind a step whose label is to be given. */
  static final String MARK = "ки";

  private static final String FIRST = "Step 1:";

  private final String question;
  private final List<String> steps;

  MathShepherdRow(String question, List<String> steps) {
    this.question = question.strip();
    this.steps =
        IntStream.range(0, steps.size())
            .mapToObj(index -> numbered(index + 1, steps.get(index).strip()))
            .toList();
  }

  private static String numbered(int number, String step) {
    String head = "Step " + number + ":";
    return step.startsWith(head) ? step : head + " " + step;
  }

  /** Why nobody could read the row, if so. */
  Optional<LeftOut> unreadable() {
    if (question.contains(MARK) || steps.stream().anyMatch(step -> step.contains(MARK))) {
      return Optional.of(LeftOut.HOLDS_STEP_MARK);
    }
    if (question.contains(FIRST) || steps.get(0).lastIndexOf(FIRST) > 0) {
      return Optional.of(LeftOut.HOLDS_STEP_ONE);
    }
    return Optional.empty();
  }

  /** The text with a mark behind each step. */
  String input() {
    return text(steps.stream().map(step -> MARK).toList());
  }

  /** The same with labels in place of the marks. */
  String label(List<Boolean> right) {
    return text(right.stream().map(each -> each ? "+" : "-").toList());
  }

  private String text(List<String> marks) {
    StringBuilder text = new StringBuilder(question);
    for (int index = 0; index < steps.size(); index++) {
      text.append(index == 0 ? " " : "\n")
          .append(steps.get(index))
          .append(' ')
          .append(marks.get(index));
    }
    return text.toString();
  }
}

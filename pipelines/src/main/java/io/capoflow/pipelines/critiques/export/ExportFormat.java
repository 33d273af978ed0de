package io.capoflow.pipelines.critiques.export;

import io.capoflow.schemas.UserMistake;
import java.util.Arrays;
import java.util.stream.Collectors;

/** A layout that others read rows of steps or of lessons in. */
public enum ExportFormat {
  /**
   * What TRL calls stepwise supervision: {@code prompt} (text), {@code completions} (a text for
   * each step) and {@code labels} (true where the step is right).
   */
  TRL_STEPWISE("trl-stepwise"),
  /**
   * As the authors of Math-Shepherd publish it: {@code input} (question and numbered steps, behind
   * each the mark {@value MathShepherdRow#MARK}), {@code label} (the same with {@code +} or {@code
   * -} for each mark) and {@code task}.
   */
  MATH_SHEPHERD("math-shepherd"),
  /**
   * Lessons for a critic: {@code prompt} (the messages that the critic was shown) and {@code
   * completion} (a critique that says what the vote says), beside which critique it is.
   */
  SFT("sft");

  private final String text;

  ExportFormat(String text) {
    this.text = text;
  }

  /** As a command names it, and as its folder is called. */
  public String text() {
    return text;
  }

  /**
   * The format of that name.
   *
   * @throws UserMistake when there is none
   */
  public static ExportFormat parse(String text) {
    return Arrays.stream(values())
        .filter(format -> format.text.equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new UserMistake(
                    "no export is called '%s'; name one of %s"
                        .formatted(
                            text,
                            Arrays.stream(values())
                                .map(ExportFormat::text)
                                .collect(Collectors.joining(", ")))));
  }
}

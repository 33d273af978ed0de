package io.capoflow.schemas;

import java.util.Optional;

/**
 * Whether a critic calls the response as a whole correct: what the column {@code judgment} says.
 */
public enum Judgment {
  /** It is correct. */
  YES("yes"),
  /** It is not. */
  NO("no");

  private final String text;

  Judgment(String text) {
    this.text = text;
  }

  /** As records hold it. */
  public String text() {
    return text;
  }

  /** Yes where the response is correct. */
  public static Judgment of(boolean correct) {
    return correct ? YES : NO;
  }

  /**
   * That of a critique; empty where none could be read in what the critic wrote.
   *
   * @throws UserMistake when the record holds another text
   */
  public static Optional<Judgment> of(Critique critique) {
    return Optional.ofNullable(critique.getJudgment())
        .map(
            text ->
                ColumnTexts.read(
                    values(),
                    Judgment::text,
                    text,
                    () ->
                        "critique %d of %s"
                            .formatted(critique.getCritiqueIndex(), critique.getRolloutId()),
                    "judgment"));
  }
}

package io.capoflow.pipelines.critiques.export;

import io.capoflow.schemas.UserMistake;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Which steps of a solution are exported. */
public enum LabelExtent {
  /** Every step. */
  WHOLE("whole"),
  /**
   * Those up to the first wrong one, which is the last: what follows from a wrong step is right or
   * wrong by another measure.
   */
  UNTIL_FIRST_ERROR("until_first_error");

  private final String text;

  LabelExtent(String text) {
    this.text = text;
  }

  /** As a command names it. */
  public String text() {
    return text;
  }

  /**
   * The extent of that name.
   *
   * @throws UserMistake when there is none
   */
  public static LabelExtent parse(String text) {
    return Arrays.stream(values())
        .filter(extent -> extent.text.equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new UserMistake(
                    "labels are not '%s'; name one of %s"
                        .formatted(
                            text,
                            Arrays.stream(values())
                                .map(LabelExtent::text)
                                .collect(Collectors.joining(", ")))));
  }

  /** How many steps are exported, given which are right. */
  int steps(List<Boolean> right) {
    int firstWrong = right.indexOf(false);
    return switch (this) {
      case WHOLE -> right.size();
      case UNTIL_FIRST_ERROR -> firstWrong < 0 ? right.size() : firstWrong + 1;
    };
  }
}

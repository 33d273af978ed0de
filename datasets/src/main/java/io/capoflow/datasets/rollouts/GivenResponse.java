package io.capoflow.datasets.rollouts;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.StepSpan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A response as its source has it: one text, or steps.
 *
 * @param text of steps, these with a blank line between them
 * @param steps where they stand in the text; empty where nobody said
 */
record GivenResponse(String text, Optional<List<StepSpan>> steps) {
  private static final String SEPARATOR = "\n\n";

  GivenResponse {
    requireNonNull(text, "text");
    steps = steps.map(List::copyOf);
  }

  /** A response that a splitter will divide. */
  static GivenResponse bare(String text) {
    return new GivenResponse(text, Optional.empty());
  }

  /**
   * A response of steps, as they stand: with their blank lines, and white space at their ends.
   *
   * @param column that holds them, for the error to name
   * @throws BadRolloutException when there is none, or one is blank
   */
  static GivenResponse ofSteps(List<String> texts, String column) throws BadRolloutException {
    if (texts.isEmpty()) {
      throw new BadRolloutException(RolloutRejection.NO_STEPS, column + ": holds no step");
    }
    List<StepSpan> spans = new ArrayList<>();
    int start = 0;
    for (String text : texts) {
      if (isBlank(text)) {
        throw new BadRolloutException(
            RolloutRejection.BAD_STEP, "%s[%d]: is blank".formatted(column, spans.size()));
      }
      int end = start + text.codePointCount(0, text.length());
      spans.add(new StepSpan(start, end));
      start = end + SEPARATOR.length();
    }
    return new GivenResponse(String.join(SEPARATOR, texts), Optional.of(spans));
  }

  /**
   * The same, of a list of texts.
   *
   * @throws BadRolloutException also when it is none
   */
  static GivenResponse ofSteps(JsonNode list, String column) throws BadRolloutException {
    if (!list.isArray()) {
      throw new BadRolloutException(
          RolloutRejection.BAD_COLUMN, column + ": is no list of texts, one a step");
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode step : list) {
      if (!step.isTextual()) {
        throw new BadRolloutException(
            RolloutRejection.BAD_STEP, "%s[%d]: is no text".formatted(column, texts.size()));
      }
      texts.add(step.textValue());
    }
    return ofSteps(texts, column);
  }

  /** How many steps are given. */
  int count() {
    return steps.map(List::size).orElse(0);
  }

  /** As splitters see it: Java's notion of white space and Unicode's. */
  static boolean isBlank(String text) {
    return text.codePoints().allMatch(c -> Character.isWhitespace(c) || Character.isSpaceChar(c));
  }
}

package io.capoflow.models.steps;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;

/**
 * Steps are what stands between {@code \n\n} (docs/method.md, "Steps"): the paper's segmentation.
 * White space at either end belongs to no step, and a segment of white space alone is none.
 */
public final class BlankLineSplitter implements StepSplitter {
  private static final String SEPARATOR = "\n\n";

  @Override
  public String name() {
    return "blank_line";
  }

  @Override
  public List<Step> split(String response) {
    requireNonNull(response, "response");
    List<Step> steps = new ArrayList<>();
    int position = 0; // UTF-16 units
    int codePoints = 0; // code points before position
    while (position <= response.length()) {
      int found = response.indexOf(SEPARATOR, position);
      int end = found < 0 ? response.length() : found;
      int[] segment = response.substring(position, end).codePoints().toArray();
      addStep(segment, codePoints, steps);
      codePoints += segment.length + SEPARATOR.length();
      position = end + SEPARATOR.length();
    }
    return List.copyOf(steps);
  }

  private static void addStep(int[] segment, int offset, List<Step> steps) {
    int start = 0;
    int end = segment.length;
    while (start < end && Blank.is(segment[start])) {
      start++;
    }
    while (end > start && Blank.is(segment[end - 1])) {
      end--;
    }
    if (start < end) {
      steps.add(new Step(steps.size(), offset + start, offset + end));
    }
  }
}

package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.DigestSet;
import io.capoflow.schemas.Digests;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** What the rows hold, apart from critiques: how many of what, how long, how right. */
final class ContentFigures {
  private final DigestSet problems = new DigestSet();
  private final TreeMap<String, Long> sources = new TreeMap<>();
  private final TreeMap<String, Long> layouts = new TreeMap<>();
  private final IntegerHistogram stepsOfRollout = new IntegerHistogram();
  private final IntegerHistogram charactersOfStep = new IntegerHistogram();
  private final IntegerHistogram charactersOfResponse = new IntegerHistogram();
  private long rows;
  private long steps;
  private long answersRight;
  private long answersWrong;
  private long stepsRight;
  private long stepsWrong;

  void add(CritiquedRollout row) {
    rows++;
    problems.add(Digests.ofParts(row.getSource(), row.getProblemId()));
    sources.merge(row.getSource(), 1L, Long::sum);
    layouts.merge(row.getLayout(), 1L, Long::sum);
    steps += row.getSteps().size();
    stepsOfRollout.add(row.getSteps().size());
    charactersOfResponse.add(characters(row.getResponse()));
    row.getSteps().forEach(step -> charactersOfStep.add(characters(step)));
    if (row.getOutcome() != null) {
      answersRight += row.getOutcome() == 1 ? 1 : 0;
      answersWrong += row.getOutcome() == 1 ? 0 : 1;
    }
    countTruth(row.getTruth());
  }

  private void countTruth(List<Boolean> truth) {
    for (Boolean right : truth) {
      stepsRight += Boolean.TRUE.equals(right) ? 1 : 0;
      stepsWrong += Boolean.FALSE.equals(right) ? 1 : 0;
    }
  }

  private static int characters(String text) {
    return text.codePointCount(0, text.length());
  }

  long rows() {
    return rows;
  }

  /** Distinct ones: a problem is known by its source and its id there. */
  long problems() {
    return problems.size();
  }

  /** Rows by source. */
  SortedMap<String, Long> sources() {
    return Collections.unmodifiableSortedMap(sources);
  }

  /** Rows by the layout that they were read in. */
  SortedMap<String, Long> layouts() {
    return Collections.unmodifiableSortedMap(layouts);
  }

  long steps() {
    return steps;
  }

  IntegerHistogram stepsOfRollout() {
    return stepsOfRollout;
  }

  /** Code points. */
  IntegerHistogram charactersOfStep() {
    return charactersOfStep;
  }

  /** Code points. */
  IntegerHistogram charactersOfResponse() {
    return charactersOfResponse;
  }

  /** Rollouts whose final answer is the gold answer. */
  long answersRight() {
    return answersRight;
  }

  /** Rollouts whose final answer is not the gold answer. */
  long answersWrong() {
    return answersWrong;
  }

  /** Rollouts without a gold answer. */
  long answersUnknown() {
    return rows - answersRight - answersWrong;
  }

  /** Steps that the source calls right. */
  long stepsRight() {
    return stepsRight;
  }

  /** Steps that the source calls wrong. */
  long stepsWrong() {
    return stepsWrong;
  }

  /** Steps of which the source says nothing. */
  long stepsUnknown() {
    return steps - stepsRight - stepsWrong;
  }
}

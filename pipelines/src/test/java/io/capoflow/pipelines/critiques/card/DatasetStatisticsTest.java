package io.capoflow.pipelines.critiques.card;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.pipelines.critiques.card.DetectionFigures.Detection;
import io.capoflow.schemas.CritiquedRollout;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Each figure is worked out by hand. */
final class DatasetStatisticsTest {
  @Test
  void counts_rows_problems_lengths_answers_and_truth() {
    ContentFigures content =
        of(
                Row.of("a", 2).problem("p").answered(true).truth(true, false),
                Row.of("b", 3).problem("p").answered(false).truth(true, null, null),
                Row.of("c", 1).problem("q"),
                Row.of("d", 0).problem("p").source("math").layout("ours"))
            .content();
    assertThat(content.rows()).isEqualTo(4);
    // The same id in another source is another problem.
    assertThat(content.problems()).isEqualTo(3);
    assertThat(content.steps()).isEqualTo(6);
    assertThat(content.sources()).isEqualTo(Map.of("gsm8k", 3L, "math", 1L));
    assertThat(content.layouts()).isEqualTo(Map.of("processbench", 3L, "ours", 1L));
    assertThat(content.answersRight()).isEqualTo(1);
    assertThat(content.answersWrong()).isEqualTo(1);
    assertThat(content.answersUnknown()).isEqualTo(2);
    assertThat(content.stepsRight()).isEqualTo(2);
    assertThat(content.stepsWrong()).isEqualTo(1);
    assertThat(content.stepsUnknown()).isEqualTo(3);
    assertThat(content.stepsOfRollout().mean()).hasValue(1.5);
    assertThat(content.stepsOfRollout().median()).hasValue(1.5);
    assertThat(content.stepsOfRollout().max()).hasValue(3);
    // "Step 0." and so on, with blank lines between them.
    assertThat(content.charactersOfStep().mean()).hasValue(7);
    assertThat(content.charactersOfResponse().median()).hasValue((7 + 16) / 2.0);
  }

  @Test
  void characters_are_code_points() {
    ContentFigures content = of(new Row("a", "😀😀")).content();
    assertThat(content.charactersOfStep().max()).hasValue(2);
  }

  @Test
  void counts_what_critics_say_and_hold_it_against_the_verdict() {
    CriticFigures all =
        of(
                Row.of("right", 2)
                    .answered(true)
                    .critique("a")
                    .critique("a", 1)
                    .judged("b", null, "", 0),
                Row.of("wrong", 2).answered(false).critique("a").critique("a", 0).critique("b", 0),
                Row.of("unknown", 2)
                    .critique("a")
                    .voidCritique("a", "CUT")
                    .voidCritique("b", "FAILED")
                    .voidCritique("b", "CUT"))
            .allCritics();
    assertThat(all.critiques()).isEqualTo(10);
    assertThat(all.valid()).isEqualTo(7);
    assertThat(all.voids()).isEqualTo(3);
    assertThat(all.voidReasons()).isEqualTo(Map.of("CUT", 2L, "FAILED", 1L));
    assertThat(all.yes()).isEqualTo(3);
    assertThat(all.no()).isEqualTo(3);
    assertThat(all.withoutJudgment()).isEqualTo(1);
    assertThat(all.judgmentsOfRight()).isEqualTo(2);
    assertThat(all.noOfRight()).isEqualTo(1);
    assertThat(all.judgmentsOfWrong()).isEqualTo(3);
    assertThat(all.yesOfWrong()).isEqualTo(1);
    // One valid critique of four.
    assertThat(all.withoutQuorum()).isEqualTo(1);
    assertThat(all.promptTokens()).isEqualTo(1_000);
    assertThat(all.writtenTokens()).isEqualTo(10 + 11 + 12 + 10 + 11 + 12 + 10 + 11 + 12 + 13);
    assertThat(all.cachedTokens()).isEqualTo(400);
    assertThat(all.millis()).isEqualTo(10_000);
  }

  @Test
  void each_critic_has_figures_of_its_own() {
    DatasetStatistics statistics =
        of(
            Row.of("r", 2).critique("a", 0).critique("a", 0).critique("b").voidCritique("b", "CUT"),
            Row.of("s", 1).critique("a"));
    CriticFigures a = statistics.critics().get("a");
    CriticFigures b = statistics.critics().get("b");
    assertThat(statistics.severalCritics()).isTrue();
    assertThat(a.rollouts()).isEqualTo(2);
    assertThat(a.critiques()).isEqualTo(3);
    assertThat(a.agreement().pairwise()).hasValue(1);
    assertThat(a.agreement().alpha().value()).hasValue(1);
    assertThat(b.rollouts()).isEqualTo(1);
    assertThat(b.valid()).isEqualTo(1);
    assertThat(b.agreement().pairwise()).isEmpty();
    // Step 0: two of three pairs differ; step 1: none does.
    assertThat(statistics.allCritics().agreement().pairwise()).hasValue(4 / 6.0);
    assertThat(statistics.allCritics().agreement().rollouts()).isEqualTo(1);
    assertThat(statistics.allCritics().agreement().alpha().units()).isEqualTo(2);
  }

  @Test
  void detection_counts_known_steps_alone() {
    Map<VoteKey, Detection> detection =
        of(
                // Called wrong: 0 by all, 1 by half, 2 by half; step 2 is not known.
                Row.of("r", 3).truth(false, true, null).critique("a", 0, 1).critique("a", 0, 2),
                // No quorum: its wrong step is missed.
                Row.of("s", 2).truth(true, false).voidCritique("a", "CUT").voidCritique("a", "CUT"),
                // Nothing is known of it.
                Row.of("t", 1).critique("a", 0))
            .detection()
            .byVote();
    Detection majority = detection.get(new VoteKey("all", "majority"));
    assertThat(majority.rollouts()).isEqualTo(2);
    assertThat(majority.known()).isEqualTo(4);
    assertThat(majority.steps().wrong()).isEqualTo(2);
    assertThat(majority.steps().precision()).hasValue(1 / 2.0);
    assertThat(majority.steps().recall()).hasValue(1 / 2.0);
    assertThat(majority.steps().f1()).hasValue(1 / 2.0);
    Detection average = detection.get(new VoteKey("all", "average"));
    assertThat(average.steps().precision()).hasValue(1 / 1.5);
    assertThat(average.steps().recall()).hasValue(1 / 2.0);
    Detection intersection = detection.get(new VoteKey("all", "intersection"));
    assertThat(intersection.steps().precision()).hasValue(1);
  }

  @Test
  void process_bench_takes_the_harmonic_mean_of_both_accuracies() {
    DatasetStatistics statistics =
        of(
            // Erroneous, found.
            Row.of("a", 3).truth(true, false, null).critique("x", 1, 2).critique("x", 1),
            // Erroneous; two first errors tie, and the one predicted first is not the step.
            Row.of("b", 2).truth(true, false).critique("x", 0).critique("x", 1),
            // Correct, found.
            Row.of("c", 2).truth(true, true).critique("x").critique("x"),
            // Correct, nothing to predict with.
            Row.of("d", 1).truth(true).voidCritique("x", "CUT").voidCritique("x", "CUT"),
            // Correct in another source, missed.
            Row.of("e", 1).source("math").truth(true).critique("x", 0).critique("x", 0),
            // No label.
            Row.of("f", 2).truth(null, false).critique("x", 1).critique("x", 1));
    ProcessBenchFigures figures = statistics.processBench();
    assertThat(figures.labelled()).isEqualTo(5);
    ProcessBenchScore own =
        figures.overall().get(new VoteKey("all", ProcessBenchFigures.OWN_MAJORITY));
    assertThat(own.erroneous()).isEqualTo(2);
    assertThat(own.correct()).isEqualTo(3);
    assertThat(own.withoutPrediction()).isEqualTo(1);
    assertThat(own.accuracyOnErroneous()).isEqualTo(50);
    assertThat(own.accuracyOnCorrect()).isEqualTo(1 / 3.0 * 100);
    assertThat(own.f1()).isEqualTo(2 * 50 * (1 / 3.0 * 100) / (50 + 1 / 3.0 * 100));
    assertThat(own.dividesByZero()).isFalse();
    // Intersection calls no step of b wrong; strict majority neither.
    assertThat(figures.overall().get(new VoteKey("all", "intersection")).accuracyOnErroneous())
        .isEqualTo(50);
    ProcessBenchScore math = figures.bySource().get("math").get(new VoteKey("all", "majority"));
    assertThat(math.f1()).isZero();
    assertThat(math.dividesByZero()).isTrue();
    double gsm8k = figures.bySource().get("gsm8k").get(new VoteKey("all", "majority")).f1();
    assertThat(gsm8k).isEqualTo(50);
    assertThat(figures.meanOfSources(new VoteKey("all", "majority"))).hasValue(25);
  }

  @Test
  void figures_of_no_rows_are_absent() {
    DatasetStatistics none = of();
    assertThat(none.rows()).isZero();
    assertThat(none.content().stepsOfRollout().median()).isEmpty();
    assertThat(none.allCritics().agreement().pairwise()).isEmpty();
    assertThat(none.detection().byVote()).isEmpty();
    assertThat(none.processBench().overall()).isEmpty();
  }

  @Test
  void problems_are_told_apart_by_source_and_id() {
    DatasetStatistics statistics =
        of(
            new Row("a").source("gsm8k").problem("p1"),
            new Row("b").source("gsm8k").problem("p1"),
            new Row("c").source("gsm8k").problem("p2"),
            new Row("d").source("gsm8kp").problem("1"));
    assertThat(statistics.content().problems()).isEqualTo(3);
  }

  private static DatasetStatistics of(Row... rows) {
    DatasetStatistics statistics = new DatasetStatistics();
    for (CritiquedRollout row : List.of(rows).stream().map(Row::build).toList()) {
      statistics.add(row);
    }
    return statistics;
  }
}

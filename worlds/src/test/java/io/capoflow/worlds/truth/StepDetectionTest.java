package io.capoflow.worlds.truth;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.StepVote;
import io.capoflow.schemas.StepVotes;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StepDetectionTest {
  @Test
  void steps_count_with_the_weight_that_the_vote_gives_them() {
    StepDetection detection = new StepDetection();
    detection.add(votes(true, 1, 0.25, 0), Set.of(0, 2));
    detection.add(votes(true, 0.75), Set.of(0));
    assertThat(detection.precision()).hasValue(1.75 / 2);
    assertThat(detection.recall()).hasValue(1.75 / 3);
    assertThat(detection.f1()).hasValue(3.5 / 5);
  }

  @Test
  void wrong_steps_without_a_quorum_are_missed() {
    StepDetection detection = new StepDetection();
    detection.add(votes(true, 1), Set.of(0));
    detection.add(votes(false, 0, 0), Set.of(1));
    assertThat(detection.precision()).hasValue(1);
    assertThat(detection.recall()).hasValue(0.5);
  }

  @Test
  void nothing_to_divide_by_is_no_figure() {
    StepDetection nothing = new StepDetection();
    nothing.add(votes(true, 0), Set.of());
    assertThat(nothing.precision()).isEmpty();
    assertThat(nothing.recall()).isEmpty();
    assertThat(nothing.f1()).isEmpty();

    StepDetection missed = new StepDetection();
    missed.add(votes(true, 0), Set.of(0));
    assertThat(missed.precision()).isEmpty();
    assertThat(missed.recall()).hasValue(0);
    assertThat(missed.f1()).hasValue(0);

    StepDetection slandered = new StepDetection();
    slandered.add(votes(true, 1), Set.of());
    assertThat(slandered.precision()).hasValue(0);
    assertThat(slandered.recall()).isEmpty();
    assertThat(slandered.f1()).hasValue(0);
  }

  @Test
  void steps_may_be_added_one_by_one_in_any_order() {
    StepDetection detection = new StepDetection();
    StepDetection backwards = new StepDetection();
    double[] weights = {0.1, 1 / 3.0, 0.7, 1, 0, 1 / 7.0};
    for (int i = 0; i < weights.length; i++) {
      detection.add(weights[i], i % 2 == 0);
      int last = weights.length - 1 - i;
      backwards.add(weights[last], last % 2 == 0);
    }
    assertThat(detection.wrong()).isEqualTo(3);
    assertThat(detection.found()).isEqualTo(0.1 + 0.7);
    assertThat(detection.recall()).hasValue((0.1 + 0.7) / 3);
    assertThat(backwards.precision()).isEqualTo(detection.precision());
    assertThat(backwards.f1()).isEqualTo(detection.f1());
  }

  private static StepVotes votes(boolean quorum, double... weights) {
    return StepVotes.newBuilder()
        .setIteration(0)
        .setProblemId("p")
        .setSampleIndex(0)
        .setRolloutId("00000/p/000")
        .setSteps(
            IntStream.range(0, weights.length)
                .mapToObj(i -> new StepVote(i, 0, 1, 0, 1, 0, 4, weights[i]))
                .toList())
        .setRule("test")
        .setCritiques(4)
        .setValidCritiques(quorum ? 4 : 0)
        .setQuorum(quorum)
        .setYesJudgments(0)
        .setNoJudgments(0)
        .build();
  }
}

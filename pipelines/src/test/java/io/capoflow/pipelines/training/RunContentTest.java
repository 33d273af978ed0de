package io.capoflow.pipelines.training;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class RunContentTest {
  @Test
  void aMeasurementMadeAgainTakesThePlaceOfTheRecordedOneAndNothingElseDoes() {
    RunContent content =
        RunContent.NONE
            .withDigests(
                Map.of(
                    "evaluation/v00000/greedy/rollouts", "measured",
                    "iterations/00000/rollouts", "sampled"))
            .withDigests(
                Map.of(
                    "evaluation/v00000/greedy/rollouts", "measured again",
                    "iterations/00000/rollouts", "sampled again",
                    "policy/v00001", "trained"));

    assertThat(content.digests())
        .isEqualTo(
            Map.of(
                "evaluation/v00000/greedy/rollouts", "measured again",
                "iterations/00000/rollouts", "sampled",
                "policy/v00001", "trained"));
  }
}

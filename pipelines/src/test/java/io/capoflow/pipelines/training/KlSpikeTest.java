package io.capoflow.pipelines.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.transforms.storage.KlToken;
import io.capoflow.transforms.storage.TrainerState;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KlSpikeTest {
  @Test
  void a_mean_that_is_a_few_tokens_is_told_with_the_furthest_of_them() {
    assertThat(KlSpike.notice(11, state(Map.of("kl", 0.714, "kl_capped", 0.0359))))
        .contains(
            "iteration 11: a few tokens are most of its KL of 0.7140, which is 0.0359 with the largest"
                + " thousandth of them capped; the furthest from the reference is token 41 of"
                + " 00011/train-000039/002, \"3\": probability 0.00015, 0.99 by the reference");
  }

  @Test
  void a_mean_of_many_tokens_is_not_told() {
    assertThat(KlSpike.notice(0, state(Map.of("kl", 0.0229, "kl_capped", 0.0167)))).isEmpty();
    assertThat(KlSpike.notice(0, state(Map.of("kl", 0.0, "kl_capped", 0.0)))).isEmpty();
  }

  @Test
  void what_was_not_measured_is_not_told() {
    assertThat(KlSpike.notice(0, state(Map.of("loss", 1.0)))).isEmpty();
    // As older code recorded it.
    assertThat(KlSpike.notice(0, state(Map.of("kl", 0.714)))).isEmpty();
  }

  private static TrainerState state(Map<String, Double> statistics) {
    return new TrainerState(
        new TrainerState.Lineage("v00012", "v00011", "digest", 96),
        statistics,
        List.of(),
        Map.of(),
        List.of(
            new KlToken(
                "00011/train-000039/002",
                41,
                7,
                "3",
                5,
                6391,
                Math.log(0.00015),
                Math.log(0.986))));
  }
}

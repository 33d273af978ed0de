package io.capoflow.pipelines.critiques;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.pipelines.critics.Durations;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How much of an addition is still to do, and how long that takes. */
final class AdditionProgressTest {
  private static final Addition FIRST = Addition.after(List.of(), 320, List.of());
  private static final Addition SECOND = Addition.after(List.of(FIRST), 64, List.of());

  @Test
  void shardsOfOtherAdditionsAreNotCounted() {
    assertThat(FIRST.shards()).isEqualTo(10);
    assertThat(SECOND.shards()).isEqualTo(2);
    assertThat(AdditionProgress.ofAddition(FIRST, 3)).isEqualTo(3);
    assertThat(AdditionProgress.ofAddition(SECOND, 3)).isZero();
    assertThat(AdditionProgress.ofAddition(SECOND, 11)).isOne();
    assertThat(AdditionProgress.ofAddition(FIRST, 12)).isEqualTo(10);
  }

  @Test
  void whatIsCommittedIsNotStillToDo() {
    assertThat(AdditionProgress.missing(FIRST, 0)).isEqualTo(320);
    assertThat(AdditionProgress.missing(FIRST, 7)).isEqualTo(96);
    assertThat(AdditionProgress.missing(FIRST, 10)).isZero();
  }

  @Test
  void theTimeLeftFollowsTheShardsCommittedSinceTheStart() {
    assertThat(AdditionProgress.pace(2, 6, 32, 20))
        .isEqualTo(Durations.text(60) + " left, 3.2 rollouts/s");
    assertThat(AdditionProgress.pace(0, 8, 32, 20)).isEmpty();
  }
}

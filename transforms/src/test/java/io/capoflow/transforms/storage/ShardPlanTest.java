package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.Rows;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ShardPlanTest {
  static {
    RecordClasses.trust();
  }

  private final ShardPlan plan = ShardPlan.of(List.of("d", "a", "c", "b", "e"), 2);

  @Test
  void problemsFillShardsInPlanOrder() {
    assertThat(plan.shards()).isEqualTo(3);
    assertThat(Stream.of("d", "a", "c", "b", "e").map(Rows::problem).map(plan::shardOf))
        .containsExactly(0, 0, 1, 1, 2);
    assertThat(ShardPlan.of(List.of(), 2).shards()).isZero();
  }

  @Test
  void rowsAreOrderedByPlanThenBySample() {
    List<Problem> problems =
        new ArrayList<>(Stream.of("a", "b", "c", "d", "e").map(Rows::problem).toList());
    problems.sort(plan.order(Problem.class));
    assertThat(problems).extracting(Problem::getProblemId).containsExactly("d", "a", "c", "b", "e");

    List<Rollout> rollouts =
        new ArrayList<>(
            List.of(
                Rows.rollout(0, "a", 1, "x"),
                Rows.rollout(0, "d", 1, "x"),
                Rows.rollout(0, "a", 0, "x")));
    rollouts.sort(plan.order(Rollout.class));
    assertThat(rollouts)
        .extracting(Rollout::getRolloutId)
        .containsExactly("00000/d/001", "00000/a/000", "00000/a/001");
  }

  @Test
  void repeatsStrangersAndEmptyShardsAreRefused() {
    assertThatThrownBy(() -> ShardPlan.of(List.of("a", "a"), 2))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ShardPlan.of(List.of("a"), 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> plan.shardOf(Rows.problem("z")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void digestsFillShardsAboutEvenlyWithoutBeingListed() {
    ShardPlan digests = ShardPlan.ofDigests(5, 4);
    int[] rows = new int[4];
    for (int i = 0; i < 4_000; i++) {
      String id = Digests.ofParts("rollout", Integer.toString(i)).substring(0, 32);
      int shard = digests.shardOf(rollout(id));
      assertThat(shard).isBetween(5, 8);
      rows[shard - 5]++;
    }
    assertThat(rows).containsExactly(1_009, 982, 985, 1_024);
    assertThat(digests.shardOf(rollout("00000000"))).isEqualTo(5);
    assertThat(digests.shardOf(rollout("ffffffff"))).isEqualTo(8);
    assertThat(ShardPlan.ofDigests(0, 1).shardOf(rollout("ffffffff"))).isZero();
  }

  @Test
  void rolloutsThatNoDigestNamesAreInNoPlanOfDigests() {
    ShardPlan digests = ShardPlan.ofDigests(0, 4);
    assertThatThrownBy(() -> digests.shardOf(rollout("00000/a/000")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> digests.shardOf(rollout("abc")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ShardPlan.ofDigests(0, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Rollout rollout(String id) {
    return Rollout.newBuilder(Rows.rollout(0, "a", 0, "x")).setRolloutId(id).build();
  }
}

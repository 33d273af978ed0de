package io.capoflow.transforms.batch;

import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Keys;
import io.capoflow.schemas.TrainingBatch;
import io.capoflow.transforms.TwoOrders;
import io.capoflow.transforms.batch.BatchSettings.ZeroSpread;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class BatchPlannerTest {
  @Test
  void aMiniBatchIsOneBatchWhateverItsLength() {
    List<TrainingBatch> plan = plan(settings(100), group("p", 3, 4, 5, 2, 13, 1, 1));

    assertThat(rollouts(plan)).containsExactly(List.of(0, 1, 2, 3, 4, 5, 6));
    assertThat(plan).extracting(TrainingBatch::getTokens).containsExactly(29);
    assertThat(plan).extracting(TrainingBatch::getMiniBatch).containsExactly(0);
    assertThat(plan).extracting(TrainingBatch::getMiniBatchRollouts).containsExactly(7);
  }

  @Test
  void miniBatchesAreWholeGroupsOfAtLeastTheTargetSize() {
    List<RolloutReference> references = new ArrayList<>();
    for (int problem = 0; problem < 5; problem++) {
      references.addAll(group("p" + problem, 1, 1, 1));
    }
    List<TrainingBatch> plan = plan(settings(4), references);

    assertThat(plan).extracting(TrainingBatch::getMiniBatch).containsExactly(0, 1, 2);
    assertThat(plan).extracting(TrainingBatch::getMiniBatchRollouts).containsExactly(6, 6, 3);
    for (TrainingBatch batch : plan) {
      Map<String, List<String>> byProblem =
          batch.getRolloutIds().stream().collect(groupingBy(BatchPlannerTest::problemOf));
      assertThat(byProblem.values()).allMatch(ids -> ids.size() == 3);
    }
  }

  @Test
  void rolloutsOutOfTheLossAreNeitherComputedNorCountedButFillTheirMiniBatch() {
    List<RolloutReference> references = new ArrayList<>(group("a", 1, 1));
    references.add(new RolloutReference("b", Keys.rolloutId(0, "b", 0), 1, false, false));
    references.add(new RolloutReference("b", Keys.rolloutId(0, "b", 1), 1, true, false));
    references.addAll(group("c", 1, 1));
    List<TrainingBatch> plan = plan(settings(4), references);

    assertThat(plan).hasSize(2);
    assertThat(plan.stream().mapToInt(batch -> batch.getRolloutIds().size()).sum()).isEqualTo(5);
    assertThat(plan)
        .allMatch(batch -> batch.getMiniBatchRollouts() == batch.getRolloutIds().size());
  }

  @Test
  void groupsWithoutSpreadAreKeptSkippedOrDropped() {
    List<RolloutReference> references = new ArrayList<>(group("a", 1, 1));
    references.add(new RolloutReference("b", Keys.rolloutId(0, "b", 0), 1, true, true));
    references.add(new RolloutReference("b", Keys.rolloutId(0, "b", 1), 1, true, true));

    List<TrainingBatch> kept = plan(zeroSpread(4, ZeroSpread.KEEP), references);
    assertThat(kept)
        .singleElement()
        .satisfies(
            batch -> {
              assertThat(batch.getRolloutIds()).hasSize(4);
              assertThat(batch.getMiniBatchRollouts()).isEqualTo(4);
            });
    List<TrainingBatch> skipped = plan(zeroSpread(4, ZeroSpread.SKIP), references);
    assertThat(skipped)
        .singleElement()
        .satisfies(
            batch -> {
              assertThat(batch.getRolloutIds()).containsExactly("00000/a/000", "00000/a/001");
              assertThat(batch.getMiniBatchRollouts()).isEqualTo(4);
            });
    List<TrainingBatch> dropped = plan(zeroSpread(4, ZeroSpread.DROP), references);
    assertThat(dropped)
        .singleElement()
        .satisfies(
            batch -> {
              assertThat(batch.getRolloutIds()).containsExactly("00000/a/000", "00000/a/001");
              assertThat(batch.getMiniBatchRollouts()).isEqualTo(2);
            });
  }

  @Test
  void aMiniBatchWithNothingToComputeIsNoOptimizerStep() {
    List<RolloutReference> references = new ArrayList<>();
    for (String problem : List.of("a", "b", "c", "d")) {
      boolean flat = problem.compareTo("c") < 0;
      references.add(new RolloutReference(problem, Keys.rolloutId(0, problem, 0), 1, true, flat));
    }
    List<TrainingBatch> plan = plan(zeroSpread(1, ZeroSpread.SKIP), references);
    assertThat(plan).extracting(TrainingBatch::getMiniBatch).containsExactly(0, 1);
  }

  @Test
  void epochsAndIterationsAndSeedsPermuteDifferently() {
    List<RolloutReference> references = new ArrayList<>();
    for (int problem = 0; problem < 12; problem++) {
      references.addAll(group("p%02d".formatted(problem), 1));
    }
    BatchPlanner planner = new BatchPlanner(new BatchSettings(2, 12, ZeroSpread.KEEP));
    List<TrainingBatch> plan = planner.plan(1, 0, references);

    assertThat(plan).extracting(TrainingBatch::getEpoch).containsExactly(0, 1);
    assertThat(plan.get(0).getRolloutIds()).isNotEqualTo(plan.get(1).getRolloutIds());
    assertThat(planner.plan(2, 0, references).get(0).getRolloutIds())
        .isNotEqualTo(plan.get(0).getRolloutIds());
    assertThat(planner.plan(1, 1, references).get(0).getRolloutIds())
        .isNotEqualTo(plan.get(0).getRolloutIds());
  }

  @Test
  void nothingToTrainOnIsNoBatch() {
    assertThat(plan(settings(4), List.of())).isEmpty();
  }

  @Test
  void aRolloutThatComesTwiceIsRefused() {
    List<RolloutReference> twice = new ArrayList<>(group("a", 1));
    twice.addAll(group("a", 1));
    assertThatThrownBy(() -> plan(settings(4), twice)).isInstanceOf(IllegalArgumentException.class);
  }

  @Property
  void everyRolloutInTheLossIsTrainedOnOncePerEpoch(
      @ForAll("references") List<RolloutReference> references,
      @ForAll("settings") BatchSettings settings,
      @ForAll long seed) {
    List<TrainingBatch> plan = new BatchPlanner(settings).plan(seed, 0, references);

    List<String> wanted =
        references.stream()
            .filter(RolloutReference::inLoss)
            .filter(r -> settings.zeroSpread() == ZeroSpread.KEEP || !r.zeroSpread())
            .map(RolloutReference::rolloutId)
            .sorted()
            .toList();
    Map<String, Integer> tokens =
        references.stream()
            .collect(Collectors.toMap(RolloutReference::rolloutId, RolloutReference::tokens));
    for (int epoch = 0; epoch < settings.epochs(); epoch++) {
      int wantedEpoch = epoch;
      assertThat(
              plan.stream()
                  .filter(batch -> batch.getEpoch() == wantedEpoch)
                  .flatMap(batch -> batch.getRolloutIds().stream())
                  .sorted()
                  .toList())
          .isEqualTo(wanted);
    }
    assertThat(plan)
        .extracting(batch -> List.of(batch.getEpoch(), batch.getMiniBatch()))
        .doesNotHaveDuplicates();
    for (TrainingBatch batch : plan) {
      int sum = batch.getRolloutIds().stream().mapToInt(tokens::get).sum();
      assertThat(batch.getTokens()).isEqualTo(sum);
    }
    if (settings.zeroSpread() == ZeroSpread.KEEP) {
      assertThat(plan)
          .allMatch(batch -> batch.getMiniBatchRollouts() == batch.getRolloutIds().size());
    }
  }

  @Property
  void theOrderOfTheReferencesDoesNotMatter(
      @ForAll("referencesInTwoOrders") TwoOrders<RolloutReference> references,
      @ForAll("settings") BatchSettings settings,
      @ForAll long seed) {
    BatchPlanner planner = new BatchPlanner(settings);

    assertThat(planner.plan(seed, 0, references.other()))
        .isEqualTo(planner.plan(seed, 0, references.one()));
  }

  @Provide
  Arbitrary<BatchSettings> settings() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 3),
            Arbitraries.integers().between(1, 12),
            Arbitraries.of(ZeroSpread.values()))
        .as(BatchSettings::new);
  }

  @Provide
  Arbitrary<TwoOrders<RolloutReference>> referencesInTwoOrders() {
    return TwoOrders.of(references());
  }

  @Provide
  Arbitrary<List<RolloutReference>> references() {
    record Sketch(int problem, int tokens, boolean inLoss) {}
    return Combinators.combine(
            Arbitraries.integers().between(0, 6),
            Arbitraries.integers().between(1, 30),
            Arbitraries.of(true, true, true, false))
        .as(Sketch::new)
        .list()
        .ofMaxSize(30)
        .map(
            sketches ->
                IntStream.range(0, sketches.size())
                    .mapToObj(
                        i -> {
                          Sketch sketch = sketches.get(i);
                          String problem = "p" + sketch.problem();
                          return new RolloutReference(
                              problem,
                              Keys.rolloutId(0, problem, i),
                              sketch.tokens(),
                              sketch.inLoss(),
                              sketch.problem() % 3 == 0);
                        })
                    .toList());
  }

  private static BatchSettings settings(int rollouts) {
    return new BatchSettings(1, rollouts, ZeroSpread.KEEP);
  }

  private static BatchSettings zeroSpread(int rollouts, ZeroSpread zeroSpread) {
    return new BatchSettings(1, rollouts, zeroSpread);
  }

  private static List<TrainingBatch> plan(
      BatchSettings settings, List<RolloutReference> references) {
    return new BatchPlanner(settings).plan(1, 0, references);
  }

  private static List<RolloutReference> group(String problem, int... tokens) {
    return IntStream.range(0, tokens.length)
        .mapToObj(
            i ->
                new RolloutReference(
                    problem, Keys.rolloutId(0, problem, i), tokens[i], true, false))
        .toList();
  }

  private static List<List<Integer>> rollouts(List<TrainingBatch> plan) {
    return plan.stream()
        .map(
            batch ->
                batch.getRolloutIds().stream()
                    .map(id -> Integer.valueOf(id.substring(id.lastIndexOf('/') + 1)))
                    .toList())
        .toList();
  }

  private static String problemOf(String rolloutId) {
    return rolloutId.split("/", -1)[1];
  }
}

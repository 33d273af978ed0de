package io.capoflow.transforms.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WorkerCountsTest {
  /** Slots look at a count that others have seen grow, and each growth is one slot's. */
  @Test
  void whatHappensInTheProcessIsClaimedOnce() {
    LongAdder loads = new LongAdder();
    LongAdder claimed = new LongAdder();
    // Of no other test: nothing is loaded in this one.
    StageFigure figure = StageFigure.SLOW_VERDICTS;

    IntStream.range(0, 1_000)
        .parallel()
        .forEach(
            i -> {
              loads.increment();
              claimed.add(WorkerCounts.claim(figure, loads.sum()));
            });
    claimed.add(WorkerCounts.claim(figure, loads.sum()));

    assertThat(claimed.sum()).isEqualTo(1_000);
    assertThat(WorkerCounts.claim(figure, loads.sum())).isZero();
  }

  @Test
  void countsAddUpOverStages() {
    WorkerCounts.Key key = new WorkerCounts.Key("describe", StageFigure.COMMITS_LOST);
    long before = WorkerCounts.of(key);
    StageMetrics.of("describe").add(StageFigure.COMMITS_LOST, 2);
    StageMetrics.of("describe").add(StageFigure.COMMITS_LOST, 3);
    assertThat(WorkerCounts.of(key)).isEqualTo(before + 5);
    assertThat(WorkerCounts.keys()).containsAll(List.of(key));
  }
}

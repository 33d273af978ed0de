package io.capoflow.runners.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SlotWatchTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final List<String> notices = new ArrayList<>();
  private final AtomicInteger slots = new AtomicInteger(4);
  private final AtomicInteger asked = new AtomicInteger();

  /** A clock that passes from its highest number on to its lowest one. */
  private final long began = Long.MAX_VALUE - 10 * SECOND;

  private final SlotWatch watch =
      new SlotWatch(
          4,
          () -> {
            asked.incrementAndGet();
            return slots.get();
          },
          began,
          notices::add);

  @Test
  void whatLacksAndWhatIsThereAgainIsSaidOnce() {
    look(6);
    slots.set(2);
    look(12);
    look(18);
    assertThat(notices)
        .containsExactly(
            "the cluster has 2 slots, and the job needs 4: it waits until other TaskManagers are there");
    slots.set(5);
    look(24);
    look(30);
    assertThat(notices)
        .hasSize(2)
        .last()
        .isEqualTo("the cluster has 5 slots again: the job goes on");
  }

  @Test
  void theClusterIsAskedEverySoOften() {
    look(1);
    look(4);
    assertThat(asked).hasValue(0);
    look(5);
    look(6);
    look(9);
    assertThat(asked).hasValue(1);
    look(10);
    assertThat(asked).hasValue(2);
  }

  private void look(int seconds) {
    watch.look(began + seconds * SECOND);
  }
}

package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Cancelled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PartWorkersTest {
  private static final long ROOM = 1_000;

  private final List<Integer> handedIn = Collections.synchronizedList(new ArrayList<>());
  private final List<Integer> computed = Collections.synchronizedList(new ArrayList<>());

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void partsAreHandedInInTheirOrderByThoseWhoComputedThem(int workers) {
    int[] computedBy = new int[20];
    AtomicBoolean another = new AtomicBoolean();
    List<Integer> strangers = Collections.synchronizedList(new ArrayList<>());
    try (PartWorkers parts = new PartWorkers(workers, ROOM, () -> {})) {
      for (int round = 0; round < 3; round++) {
        handedIn.clear();
        parts.run(
            slots(20, 1),
            work(
                (part, worker) -> computedBy[part] = worker,
                (part, worker) -> {
                  assertThat(another.getAndSet(true)).isFalse();
                  if (computedBy[part] != worker) {
                    strangers.add(part);
                  }
                  another.set(false);
                }));
        assertThat(handedIn).isEqualTo(IntStream.range(0, 20).boxed().toList());
      }
    }
    assertThat(strangers).isEmpty();
    assertThat(Arrays.stream(computedBy).max().orElseThrow()).isLessThan(workers);
  }

  @Test
  void allWorkersComputeAtTheSameTime() {
    CyclicBarrier together = new CyclicBarrier(4);
    try (PartWorkers parts = new PartWorkers(4, ROOM, () -> {})) {
      // Nobody passes the barrier before four are there.
      parts.run(slots(12, 1), work((part, worker) -> await(together), (part, worker) -> {}));
    }
    assertThat(handedIn).hasSize(12);
  }

  /** Part 0 ends only once part 1 is noted as computed, and is handed in before it all the same. */
  @Test
  void whoIsDoneEarlyWaitsForItsTurn() {
    CountDownLatch secondIsDone = new CountDownLatch(1);
    List<Integer> ended = Collections.synchronizedList(new ArrayList<>());
    try (PartWorkers parts = new PartWorkers(2, ROOM, () -> {})) {
      parts.run(
          slots(2, 1),
          work(
              (part, worker) -> {
                if (part == 0) {
                  await(secondIsDone);
                  ended.add(0);
                } else {
                  ended.add(1);
                  secondIsDone.countDown();
                }
              },
              (part, worker) -> {}));
    }
    assertThat(ended).containsExactly(1, 0);
    assertThat(handedIn).containsExactly(0, 1);
  }

  @Test
  void aPartBeginsOnlyWhileThereIsRoom() {
    long[] slots = {3, 3, 3, 11, 4, 4, 4, 1, 10, 2};
    AtomicInteger inFlight = new AtomicInteger();
    List<String> tooMany = Collections.synchronizedList(new ArrayList<>());
    try (PartWorkers parts = new PartWorkers(4, 9, () -> {})) {
      parts.run(
          slots,
          work(
              (part, worker) -> {
                int all = inFlight.addAndGet((int) slots[part]);
                if (all > 9 && all != slots[part]) {
                  tooMany.add("part " + part + ": " + all);
                }
                inFlight.addAndGet(-(int) slots[part]);
              },
              (part, worker) -> {}));
    }
    assertThat(tooMany).isEmpty();
    assertThat(handedIn).isEqualTo(IntStream.range(0, 10).boxed().toList());
  }

  /** There is room for three parts, and none ends before three have begun. */
  @Test
  void roomIsUsed() {
    CyclicBarrier together = new CyclicBarrier(3);
    try (PartWorkers parts = new PartWorkers(8, 9, () -> {})) {
      parts.run(slots(9, 3), work((part, worker) -> await(together), (part, worker) -> {}));
    }
    assertThat(handedIn).hasSize(9);
  }

  @Test
  void theFirstFailedPartInOrderIsNamedThoughAnotherFailsBefore() {
    CountDownLatch laterFailed = new CountDownLatch(1);
    try (PartWorkers parts = new PartWorkers(2, ROOM, () -> {})) {
      assertThatThrownBy(
              () ->
                  parts.run(
                      slots(9, 1),
                      work(
                          (part, worker) -> {
                            if (part == 3) {
                              await(laterFailed);
                              throw new DivergenceException("part 3");
                            }
                            if (part == 4) {
                              laterFailed.countDown();
                              throw new DivergenceException("part 4");
                            }
                          },
                          (part, worker) -> {})))
          .isInstanceOf(DivergenceException.class)
          .hasMessage("part 3");
      assertThat(handedIn).containsExactly(0, 1, 2);
      assertThat(computed).doesNotContain(5, 6, 7, 8);
      worksStill(parts);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void anErrorReachesTheCallerWhoeverMetIt(int workers) {
    try (PartWorkers parts = new PartWorkers(workers, ROOM, () -> {})) {
      for (int failing = 0; failing < 6; failing++) {
        int broken = failing;
        assertThatThrownBy(
                () ->
                    parts.run(
                        slots(6, 1),
                        work(
                            (part, worker) -> {
                              if (part == broken) {
                                throw new OutOfMemoryError("part " + part);
                              }
                            },
                            (part, worker) -> {})))
            .isInstanceOf(OutOfMemoryError.class)
            .hasMessage("part " + failing);
        assertThatThrownBy(
                () ->
                    parts.run(
                        slots(6, 1),
                        work(
                            (part, worker) -> {},
                            (part, worker) -> {
                              if (part == broken) {
                                throw new IllegalStateException("handing in " + part);
                              }
                            })))
            .hasMessage("handing in " + failing);
      }
      worksStill(parts);
    }
  }

  @Test
  void aThreadThatCannotBePreparedIsSaid() {
    AtomicBoolean broken = new AtomicBoolean(true);
    CountDownLatch tried = new CountDownLatch(1);
    try (PartWorkers parts =
        new PartWorkers(
            2,
            ROOM,
            () -> {
              tried.countDown();
              if (broken.get()) {
                throw new IllegalStateException("no engine");
              }
            })) {
      assertThatThrownBy(
              () ->
                  parts.run(
                      slots(4, 1), work((part, worker) -> await(tried), (part, worker) -> {})))
          .hasMessage("no engine");
      broken.set(false);
      worksStill(parts);
    }
  }

  @Test
  void anInterruptedCallerStopsAndStaysInterrupted() {
    Thread caller = Thread.currentThread();
    CountDownLatch never = new CountDownLatch(1);
    try (PartWorkers parts = new PartWorkers(2, ROOM, () -> {})) {
      assertThatThrownBy(
              () ->
                  parts.run(
                      slots(9, 1),
                      work(
                          (part, worker) -> {
                            if (worker == 1) {
                              caller.interrupt();
                            } else if (part == 0) {
                              await(never);
                            }
                          },
                          (part, worker) -> {})))
          .isInstanceOf(Cancelled.class)
          .hasMessageContaining("interrupted");
      assertThat(Thread.interrupted()).isTrue();
      worksStill(parts);
    }
  }

  @Test
  void aCancelledCallerBeginsNoFurtherPart() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    FutureTask<?> working =
        new FutureTask<>(
            () -> {
              try (PartWorkers parts = new PartWorkers(1, ROOM, () -> {})) {
                parts.run(
                    slots(9, 1),
                    work(
                        (part, worker) -> {
                          if (part == 3) {
                            inside.countDown();
                            await(goOn);
                          }
                        },
                        (part, worker) -> {}));
              }
            },
            null);
    Thread caller = new Thread(working, "caller");
    caller.start();
    inside.await();
    caller.interrupt();
    goOn.countDown();

    assertThatThrownBy(working::get).hasCauseInstanceOf(Cancelled.class);
    assertThat(computed).containsExactly(0, 1, 2, 3);
  }

  @Test
  void nothingToDoIsDone() {
    try (PartWorkers parts = new PartWorkers(2, ROOM, () -> {})) {
      parts.run(new long[0], work((part, worker) -> {}, (part, worker) -> {}));
    }
    assertThat(computed).isEmpty();
  }

  /** A pool counts a thread as ended a moment before it has: hence the joining. */
  @Test
  void noThreadOutlivesIt() throws InterruptedException {
    List<Thread> threads = Collections.synchronizedList(new ArrayList<>());
    CyclicBarrier together = new CyclicBarrier(3);
    try (PartWorkers parts = new PartWorkers(3, ROOM, () -> {})) {
      parts.run(
          slots(3, 1),
          work(
              (part, worker) -> {
                threads.add(Thread.currentThread());
                await(together);
              },
              (part, worker) -> {}));
    }
    threads.remove(Thread.currentThread());
    assertThat(threads).hasSize(2);
    for (Thread thread : threads) {
      thread.join();
    }
  }

  private void worksStill(PartWorkers parts) {
    handedIn.clear();
    parts.run(slots(5, 1), work((part, worker) -> {}, (part, worker) -> {}));
    assertThat(handedIn).containsExactly(0, 1, 2, 3, 4);
  }

  /** What is asked for, and a note of each part. */
  private PartWorkers.Work work(
      BiConsumer<Integer, Integer> compute, BiConsumer<Integer, Integer> handIn) {
    return new PartWorkers.Work() {
      @Override
      public void compute(int part, int worker) {
        compute.accept(part, worker);
        computed.add(part);
      }

      @Override
      public void handIn(int part, int worker) {
        handIn.accept(part, worker);
        handedIn.add(part);
      }
    };
  }

  private static long[] slots(int parts, long each) {
    return IntStream.range(0, parts).mapToLong(part -> each).toArray();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new AssertionError(e);
    }
  }
}

package io.capoflow.models.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Cancelled;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LeaseCacheTest {
  private final List<String> events = Collections.synchronizedList(new ArrayList<>());
  private final LeaseCache<String, String, FakeModel> cache =
      new LeaseCache<>(
          key -> {
            if (key.equals("broken")) {
              throw new IllegalArgumentException("no such model");
            }
            events.add("load " + key);
            return new FakeModel(key);
          });

  private final class FakeModel implements AutoCloseable {
    private final String key;

    FakeModel(String key) {
      this.key = key;
    }

    @Override
    public void close() {
      events.add("close " + key);
    }
  }

  @Test
  void modelStaysLoadedBetweenUses() {
    cache.lease("policy", "v0").close();
    cache.lease("policy", "v0").close();

    assertThat(events).containsExactly("load v0");
  }

  @Test
  void newerModelOfARoleClosesAnUnusedOlderOneBeforeItLoads() {
    cache.lease("policy", "v0").close();
    cache.lease("critic", "c").close();

    cache.lease("policy", "v1").close();

    assertThat(events).containsExactly("load v0", "load c", "close v0", "load v1");
  }

  @Test
  void olderModelIsClosedOnlyWhenItsLastUserIsDone() {
    var first = cache.lease("policy", "v0");
    var second = cache.lease("policy", "v0");
    var newer = cache.lease("policy", "v1");
    first.close();
    first.close();
    assertThat(events).containsExactly("load v0", "load v1");
    assertThat(second.value().key).isEqualTo("v0");

    second.close();

    assertThat(events).containsExactly("load v0", "load v1", "close v0");
    newer.close();
    assertThat(events).hasSize(3);
  }

  @Test
  void whatIsNoLongerUsableIsSharedAsLongAsItIsUsed() {
    Set<Integer> broken = new HashSet<>();
    AtomicInteger opened = new AtomicInteger();
    LeaseCache<String, String, Numbered> numbered =
        new LeaseCache<>(
            key -> new Numbered(opened.getAndIncrement(), events),
            value -> !broken.contains(value.number()));
    var first = numbered.lease("client", "a");
    broken.add(0);
    // Whoever uses it shares it still: what ended it ended it for all of them.
    assertThat(numbered.lease("client", "a").value().number()).isZero();
    var second = numbered.lease("client", "a");
    assertThat(second.value().number()).isZero();
    assertThat(opened).hasValue(1);
    first.close();
    assertThat(events).isEmpty();
  }

  @Test
  void whatIsNoLongerUsableIsClosedByItsLastUserAndOpenedAnew() {
    Set<Integer> broken = new HashSet<>();
    AtomicInteger opened = new AtomicInteger();
    LeaseCache<String, String, Numbered> numbered =
        new LeaseCache<>(
            key -> new Numbered(opened.getAndIncrement(), events),
            value -> !broken.contains(value.number()));
    var only = numbered.lease("client", "a");
    broken.add(0);
    only.close();
    assertThat(events).containsExactly("close 0");
    assertThat(numbered.lease("client", "a").value().number()).isOne();
  }

  private record Numbered(int number, List<String> events) implements AutoCloseable {
    @Override
    public void close() {
      events.add("close " + number);
    }
  }

  @Test
  void failedLoadLeavesNothingBehind() {
    assertThatThrownBy(() -> cache.lease("policy", "broken"))
        .isInstanceOf(IllegalArgumentException.class);

    cache.lease("policy", "v0").close();
    assertThat(events).containsExactly("load v0");
  }

  @Test
  void manyThreadsShareOneLoad() throws Exception {
    int threads = 8;
    CyclicBarrier together = new CyclicBarrier(threads);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<FakeModel>> tasks =
          Collections.nCopies(
              threads,
              () -> {
                together.await();
                try (var lease = cache.lease("policy", "v0")) {
                  return lease.value();
                }
              });
      List<FakeModel> models = new ArrayList<>();
      for (Future<FakeModel> future : executor.invokeAll(tasks)) {
        models.add(future.get());
      }

      assertThat(models).hasSize(threads).containsOnly(models.get(0));
      assertThat(events).containsExactly("load v0");
    } finally {
      executor.shutdownNow();
    }
  }

  @Test
  void openingsAreCountedByRole() {
    cache.lease("policy", "v0").close();
    cache.lease("policy", "v0").close();
    cache.lease("policy", "v1").close();
    cache.lease("critic", "c").close();
    assertThatThrownBy(() -> cache.lease("critic", "broken"))
        .isInstanceOf(IllegalArgumentException.class);

    assertThat(cache.opened("policy")).isEqualTo(2);
    assertThat(cache.opened("critic")).isOne();
    assertThat(cache.opened("reference")).isZero();
  }

  @Test
  void whoWaitsForAnOpeningHearsThatItIsCancelledAndOthersDoNotWait() throws Exception {
    Opening opening = new Opening();
    FutureTask<?> first = started(() -> opening.cache.lease("policy", "slow").close());
    opening.begun.await();
    FutureTask<?> waiting = new FutureTask<>(() -> opening.cache.lease("policy", "slow"), null);
    Thread waiter = new Thread(waiting, "waiter");
    waiter.start();
    // Meanwhile another is opened, used and returned.
    opening.cache.lease("critic", "quick").close();

    waiter.interrupt();
    assertThatThrownBy(waiting::get).hasCauseInstanceOf(Cancelled.class);

    opening.goOn.countDown();
    first.get();
    assertThat(opening.closed).isEmpty();
    assertThat(opening.cache.opened("policy")).isOne();
    // The one who gave up counts as no user: a newer one displaces the unused.
    opening.cache.lease("policy", "newer").close();
    assertThat(opening.closed).containsExactly("slow");
  }

  @Test
  void whatACancelledThreadDidNotOpenIsOpenedByWhoWaits() throws Exception {
    Opening opening = new Opening();
    FutureTask<?> first = new FutureTask<>(() -> opening.cache.lease("policy", "slow"), null);
    Thread loading = new Thread(first, "loading");
    loading.start();
    opening.begun.await();
    FutureTask<?> second = started(() -> opening.cache.lease("policy", "slow").close());

    loading.interrupt();
    assertThatThrownBy(first::get).hasCauseInstanceOf(Cancelled.class);
    opening.goOn.countDown();
    second.get();

    assertThat(opening.cache.opened("policy")).isOne();
    assertThat(opening.closed).isEmpty();
  }

  /** A cache that opens "slow" once it may. */
  private static final class Opening {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);
    final List<String> closed = Collections.synchronizedList(new ArrayList<>());
    final LeaseCache<String, String, AutoCloseable> cache =
        new LeaseCache<>(
            key -> {
              if (key.equals("slow")) {
                begun.countDown();
                try {
                  goOn.await();
                } catch (InterruptedException e) {
                  throw Cancelled.by(e, "opening");
                }
              }
              return () -> closed.add(key);
            });
  }

  private static FutureTask<?> started(Runnable work) {
    FutureTask<?> task = new FutureTask<>(work, null);
    new Thread(task, "working").start();
    return task;
  }
}

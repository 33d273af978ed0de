package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.UserMistake;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ShardWindowTest {
  private final ShardWindow<String> window = new ShardWindow<>(3);

  private static CommittedShard<String> committed(List<String> rows) {
    return new CommittedShard<>(0, rows, Commitment.WON);
  }

  /** A shard whose parts a test completes. */
  private record Shard(List<CompletableFuture<String>> parts, ShardInFlight<String> inFlight) {
    static Shard of(int parts) {
      List<CompletableFuture<String>> futures =
          IntStream.range(0, parts).mapToObj(i -> new CompletableFuture<String>()).toList();
      CompletableFuture<List<String>> rows =
          CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
              .thenApply(all -> futures.stream().map(CompletableFuture::join).toList());
      return new Shard(
          futures, new ShardInFlight<>(new Pending<>(rows, futures), ShardWindowTest::committed));
    }
  }

  @Test
  void whatIsThereAlreadyIsTakenAtOnceAndNeverFills() {
    for (int i = 0; i < 100; i++) {
      ShardInFlight<String> done =
          new ShardInFlight<>(Pending.done(List.of("row")), ShardWindowTest::committed);
      window.add(done);
      assertThat(window.isFull()).isFalse();
      assertThat(window.takeFinished()).containsExactly(done);
    }
    assertThat(window.isEmpty()).isTrue();
  }

  @Test
  void itIsFullWhileAsManyPartsAreUnfinished() {
    Shard first = Shard.of(2);
    Shard second = Shard.of(2);
    window.add(first.inFlight());
    assertThat(window.isFull()).isFalse();
    window.add(second.inFlight());
    assertThat(window.isFull()).isTrue();
    // Room comes with a part, not only with a whole shard.
    second.parts().get(1).complete("b");
    first.parts().get(0).complete("a");
    assertThat(window.isFull()).isFalse();
    assertThat(window.takeFinished()).isEmpty();
    second.parts().get(0).complete("b");
    assertThat(window.takeFinished()).containsExactly(second.inFlight());
    first.parts().get(1).complete("a");
    assertThat(window.takeFinished()).containsExactly(first.inFlight());
    assertThat(window.isEmpty()).isTrue();
  }

  @Test
  void slowPartsDoNotLetItHoldWithoutBound() {
    List<Shard> shards = new ArrayList<>();
    while (!window.isFull()) {
      Shard shard = Shard.of(24);
      window.add(shard.inFlight());
      shards.add(shard);
      shard.parts().subList(1, 24).forEach(part -> part.complete("fast"));
    }
    // 48 parts may be held: two shards, each kept by one slow part.
    assertThat(shards).hasSize(2);
    shards.get(0).parts().get(0).complete("slow");
    assertThat(window.takeFinished()).containsExactly(shards.get(0).inFlight());
    assertThat(window.isFull()).isFalse();
  }

  @Test
  void aFailedPartFailsItsShardAlone() {
    Shard failing = Shard.of(1);
    Shard other = Shard.of(1);
    window.add(failing.inFlight());
    window.add(other.inFlight());
    failing.parts().get(0).completeExceptionally(new UserMistake("no key"));
    other.parts().get(0).complete("row");
    List<ShardInFlight<String>> finished = window.takeFinished();
    assertThat(finished).containsExactly(failing.inFlight(), other.inFlight());
    assertThatThrownBy(() -> finished.get(0).finish())
        .isInstanceOf(UserMistake.class)
        .hasMessage("no key");
    assertThat(finished.get(1).finish().rows()).containsExactly("row");
  }

  @Test
  void abandonedPartsAreCancelled() {
    Shard shard = Shard.of(2);
    window.add(shard.inFlight());
    shard.parts().get(0).complete("row");
    window.abandon();
    assertThat(shard.parts().get(1)).isCancelled();
    assertThatThrownBy(() -> window.takeFinished().get(0).finish())
        .isInstanceOf(CancellationException.class);
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void whoWaitsForServersHearsThatItIsCancelledAndWithdrawsWhatItAsked() throws Exception {
    Shard asked = Shard.of(3);
    for (boolean forRoom : new boolean[] {true, false}) {
      ShardWindow<String> waited = new ShardWindow<>(3);
      waited.add(asked.inFlight());
      CountDownLatch about = new CountDownLatch(1);
      FutureTask<?> waiting =
          new FutureTask<>(
              () -> {
                about.countDown();
                if (forRoom) {
                  waited.awaitRoom();
                } else {
                  waited.awaitFinished();
                }
              },
              null);
      Thread slot = new Thread(waiting, "slot");
      slot.start();
      about.await();
      slot.interrupt();
      assertThatThrownBy(waiting::get).hasCauseInstanceOf(Cancelled.class);
      assertThat(waited.takeFinished()).isEmpty();
    }
    assertThat(asked.parts()).noneMatch(CompletableFuture::isDone);
    window.add(asked.inFlight());
    window.abandon();
    assertThat(asked.parts()).allMatch(CompletableFuture::isCancelled);
  }

  /** Parts complete on other threads, in any order: nothing is lost, and whoever waits wakes. */
  @Property(tries = 50)
  void everyShardIsTakenOnce(
      @ForAll @IntRange(min = 1, max = 60) int shards,
      @ForAll @IntRange(min = 1, max = 5) int parts,
      @ForAll @IntRange(min = 1, max = 9) int room)
      throws Exception {
    ShardWindow<String> window = new ShardWindow<>(room);
    ExecutorService servers = Executors.newFixedThreadPool(3);
    try {
      List<Future<?>> answers = new ArrayList<>();
      List<ShardInFlight<String>> begun = new ArrayList<>();
      List<ShardInFlight<String>> taken = new ArrayList<>();
      for (int i = 0; i < shards; i++) {
        Shard shard = Shard.of(parts);
        begun.add(shard.inFlight());
        window.add(shard.inFlight());
        shard.parts().forEach(part -> answers.add(servers.submit(() -> part.complete("row"))));
        taken.addAll(window.takeFinished());
        while (window.isFull()) {
          window.awaitRoom();
          taken.addAll(window.takeFinished());
        }
      }
      while (!window.isEmpty()) {
        window.awaitFinished();
        taken.addAll(window.takeFinished());
      }
      assertThat(taken).containsExactlyInAnyOrderElementsOf(begun);
      for (Future<?> answer : answers) {
        answer.get();
      }
    } finally {
      servers.shutdownNow();
    }
  }
}

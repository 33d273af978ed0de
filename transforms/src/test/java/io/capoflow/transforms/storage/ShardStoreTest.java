package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.Rows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShardStoreTest {
  private static final String KEY = Digests.ofParts("key");
  private static final String OTHER_KEY = Digests.ofParts("other key");

  @TempDir Path directory;
  private ShardStore<Rollout> store;

  @BeforeEach
  void open() {
    store = new ShardStore<>(directory.resolve("rollouts"), Stage.ROLLOUTS);
  }

  @Test
  void computesOnceAndReadsAfterwards() {
    List<Rollout> rows = List.of(rollout("b", 0), rollout("a", 1), rollout("a", 0));

    List<Rollout> first = store.computeOnce(3, KEY, () -> rows);
    List<Rollout> second =
        store.computeOnce(
            3,
            KEY,
            () -> {
              throw new AssertionError("computed twice");
            });

    assertThat(first).containsExactly(rollout("a", 0), rollout("a", 1), rollout("b", 0));
    assertThat(second).isEqualTo(first);
    assertThat(store.commits())
        .singleElement()
        .satisfies(
            commit -> {
              assertThat(commit.shard()).isEqualTo(3);
              assertThat(commit.rows()).isEqualTo(3);
              assertThat(commit.digest()).isEqualTo(Digests.ofRows(rows));
              assertThat(commit.rowDigests()).hasSize(3).isSorted();
              assertThat(commit.memoKey()).isEqualTo(KEY);
            });
  }

  @Test
  void aCancelledComputationCommitsNothing() {
    assertThatThrownBy(
            () ->
                store.begin(
                    0,
                    KEY,
                    () -> {
                      Thread.currentThread().interrupt();
                      Cancelled.throwIfInterrupted("sampling");
                      return Pending.done(List.of(rollout("a", 0)));
                    }))
        .isInstanceOf(Cancelled.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(store.commits()).isEmpty();
    assertThat(store.directory()).doesNotExist();
  }

  @Test
  void whoIsInterruptedDoesNotTakeACommittedShardForDamaged() {
    List<Rollout> rows = store.computeOnce(0, KEY, () -> List.of(rollout("a", 0)));
    List<String> before = names();
    Thread.currentThread().interrupt();
    Throwable thrown = null;
    try {
      ShardInFlight<Rollout> unused =
          store.begin(
              0,
              KEY,
              () -> {
                throw new AssertionError("computed again");
              });
    } catch (Cancelled e) {
      thrown = e;
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(thrown).isNotNull();
    // No repair is noted, and nothing is put back.
    assertThat(names()).isEqualTo(before);
    assertThat(store.read(store.find(0, KEY).orElseThrow())).isEqualTo(rows);
  }

  @Test
  void anAttemptKnowsWhetherItWon() {
    List<Rollout> rows = List.of(rollout("a", 0));
    CompletableFuture<List<Rollout>> late = new CompletableFuture<>();
    ShardInFlight<Rollout> beaten = store.begin(0, KEY, () -> new Pending<>(late, List.of(late)));
    assertThat(store.begin(0, KEY, () -> Pending.done(rows)).finish().how())
        .isEqualTo(Commitment.WON);

    late.complete(rows);

    assertThat(beaten.finish())
        .satisfies(
            shard -> {
              assertThat(shard.how()).isEqualTo(Commitment.LOST);
              assertThat(shard.rows()).isEqualTo(rows);
            });
    assertThat(
            store
                .begin(
                    0,
                    KEY,
                    () -> {
                      throw new AssertionError("computed again");
                    })
                .finish()
                .how())
        .isEqualTo(Commitment.READ);
  }

  @Test
  void oneOfManyRacingAttemptsWinsAndAllSeeItsRows() throws Exception {
    int attempts = 16;
    CyclicBarrier together = new CyclicBarrier(attempts);
    ExecutorService threads = Executors.newFixedThreadPool(attempts);
    try {
      List<Callable<List<Rollout>>> tasks = new ArrayList<>();
      for (int attempt = 0; attempt < attempts; attempt++) {
        // Each attempt would write rows of its own: only the winner's may be seen.
        List<Rollout> rows = List.of(Rows.rollout(0, "a", 0, "attempt " + attempt));
        tasks.add(
            () -> {
              together.await();
              return store.commit(0, KEY, rows);
            });
      }
      List<List<Rollout>> seen = new ArrayList<>();
      for (Future<List<Rollout>> result : threads.invokeAll(tasks)) {
        seen.add(result.get());
      }

      List<Rollout> committed = store.read(store.find(0, KEY).orElseThrow());
      assertThat(seen).allSatisfy(rows -> assertThat(rows).isEqualTo(committed));
      assertThat(names()).hasSize(2);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aZombieThatWritesAfterTheBarrierLeavesNothing() {
    List<Rollout> winners = List.of(rollout("a", 0));
    List<Rollout> seen =
        store.computeOnce(
            0,
            KEY,
            () -> {
              // While this attempt computes, another one commits and the stage is closed: from then
              // on this one is a zombie, and it still writes, loses and cleans up.
              store.commit(0, KEY, winners);
              StageManifest.close(store, 1, "settings");
              return List.of(rollout("zombie", 0));
            });

    assertThat(seen).isEqualTo(winners);
    assertThat(visible()).containsExactly(store.commits().get(0).part());
    assertThat(names()).hasSize(3);
  }

  @Test
  void aCommittedPartThatHasNoNameYetIsGivenItByItsReader() throws Exception {
    store.commit(0, KEY, List.of(rollout("a", 0)));
    hide(store.commits().get(0));

    assertThat(store.computeOnce(0, KEY, List::of)).containsExactly(rollout("a", 0));
    assertThat(visible()).containsExactly(store.commits().get(0).part());
    assertThat(names()).hasSize(2);
  }

  @Test
  void aCommittedPartThatHasNoNameYetIsGivenItAtTheBarrier() throws Exception {
    store.commit(0, KEY, List.of(rollout("a", 0)));
    store.commit(1, KEY, List.of(rollout("b", 0)));
    hide(store.commits().get(0));

    StageManifest manifest = StageManifest.close(store, 2, "settings");

    assertThat(StageManifest.rows(store.directory(), Rollout.class, manifest))
        .containsExactly(rollout("a", 0), rollout("b", 0));
    assertThat(visible()).hasSize(2);
    assertThat(names()).hasSize(5);
  }

  @Test
  void aSupersededPartThatHasNoNameYetIsDeleted() throws Exception {
    store.commit(0, KEY, List.of(rollout("a", 0)));
    hide(store.commits().get(0));

    store.commit(0, OTHER_KEY, List.of(rollout("c", 0)));

    assertThat(visible()).containsExactly(store.commits().get(0).part());
    assertThat(names()).hasSize(2);
  }

  @Test
  void aSupersedingThatWasKilledHalfwayLeavesNoPartAfterTheBarrier() throws Exception {
    store.commit(0, KEY, List.of(rollout("a", 0)));
    Files.delete(store.directory().resolve(commitName(0, KEY)));
    store.commit(0, OTHER_KEY, List.of(rollout("c", 0)));

    StageManifest.close(store, 1, "settings");

    assertThat(visible()).containsExactly(store.commits().get(0).part());
    assertThat(store.read(store.commits().get(0))).containsExactly(rollout("c", 0));
  }

  @Test
  void commitsAndManifestsOfEarlierCodeAreReadWhereTheyLie() throws Exception {
    store.commit(0, KEY, List.of(rollout("a", 0)));
    StageManifest manifest = StageManifest.close(store, 1, "settings");
    for (String name : names()) {
      Files.move(
          store.directory().resolve(name), store.directory().resolve(name.replaceFirst("^_", "")));
    }
    List<String> earlier = names();
    assertThat(earlier)
        .containsExactlyInAnyOrder(
            "manifest.json", commitName(0, KEY).substring(1), manifest.shards().get(0).part());

    assertThat(store.computeOnce(0, KEY, List::of)).containsExactly(rollout("a", 0));
    assertThat(store.commit(0, KEY, List.of(rollout("zombie", 0))))
        .containsExactly(rollout("a", 0));
    assertThat(store.committed()).isEqualTo(1);
    assertThat(StageManifest.find(store.directory())).contains(manifest);
    assertThat(StageManifest.close(store, 1, "settings"))
        .usingRecursiveComparison()
        .ignoringFields("files", "checksum") // the names have changed
        .isEqualTo(manifest);
    assertThat(names()).isEqualTo(earlier);

    // A stage that earlier code left half done is completed beside what it committed.
    store.commit(1, KEY, List.of(rollout("b", 0)));
    assertThat(names()).contains(commitName(1, KEY)).containsAll(earlier);
    assertThat(StageManifest.close(store, 2, "settings").rows()).isEqualTo(2);

    store.commit(0, OTHER_KEY, List.of(rollout("c", 0)));
    assertThat(store.commits().stream().map(ShardCommit::memoKey)).containsExactly(OTHER_KEY, KEY);
    assertThat(names())
        .contains(commitName(0, OTHER_KEY))
        .doesNotContain(commitName(0, KEY).substring(1))
        .filteredOn(name -> name.endsWith(".parquet"))
        .hasSize(2);
  }

  @Test
  void leftoversOfAKilledAttemptAreNeverReadAndAreSweptAtTheBarrier() throws Exception {
    store.commit(0, KEY, List.of(rollout("a", 0)));
    Path part = store.directory().resolve("shard-00000-0badbadb-0000.parquet");
    ParquetRows.write(part, Rollout.class, List.of(rollout("zombie", 0)));
    Files.writeString(store.directory().resolve("shard-00001-0badbadb-0001.parquet"), "half");
    Files.writeString(
        store.directory().resolve("._shard-00001.0123456789abcdef.commit.json-0.tmp"), "{");
    Files.writeString(store.directory().resolve(".shard-00001-0badbadb-0002.parquet.tmp"), "half");

    StageManifest manifest = StageManifest.close(store, 1, "settings");

    assertThat(manifest.rows()).isEqualTo(1);
    assertThat(StageManifest.rows(store.directory(), Rollout.class, manifest))
        .containsExactly(rollout("a", 0));
    assertThat(names())
        .containsExactlyInAnyOrder(
            store.commits().get(0).part(),
            "_shard-00000." + KEY.substring(0, 16) + ".commit.json",
            "_manifest.json");
  }

  @Test
  void anotherMemoKeySupersedesTheEarlierCommitAndItsPart() {
    store.commit(0, KEY, List.of(rollout("a", 0)));
    store.commit(1, KEY, List.of(rollout("b", 0)));

    store.commit(0, OTHER_KEY, List.of(rollout("c", 0)));

    assertThat(store.find(0, KEY)).isEmpty();
    assertThat(store.find(1, KEY)).isPresent();
    assertThat(store.read(store.find(0, OTHER_KEY).orElseThrow())).containsExactly(rollout("c", 0));
    assertThat(names()).hasSize(4);
  }

  @Test
  void digestDependsNeitherOnShardsNorOnOrderNorOnVolatileFields() {
    List<Rollout> rows =
        List.of(rollout("a", 0), rollout("a", 1), rollout("b", 0), rollout("b", 1));
    store.commit(0, KEY, rows);
    ShardStore<Rollout> other = new ShardStore<>(directory.resolve("elsewhere"), Stage.ROLLOUTS);
    other.commit(0, OTHER_KEY, List.of(rows.get(3), rows.get(0)));
    other.commit(
        1,
        OTHER_KEY,
        List.of(Rollout.newBuilder(rows.get(2)).setRunId("another run").build(), rows.get(1)));

    StageManifest one = StageManifest.close(store, 1, "settings");
    StageManifest two = StageManifest.close(other, 2, "settings");

    assertThat(two.digest()).isEqualTo(one.digest()).isEqualTo(Digests.ofRows(rows));
    assertThat(two.rows()).isEqualTo(one.rows()).isEqualTo(4);
  }

  @Test
  void aStageWithAMissingOrUnplannedShardCannotBeClosed() {
    store.commit(0, KEY, List.of(rollout("a", 0)));
    store.commit(2, KEY, List.of(rollout("c", 0)));

    assertThatThrownBy(() -> StageManifest.close(store, 3, "settings"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("[0, 2]");
    assertThatThrownBy(() -> StageManifest.close(store, 1, "settings"))
        .isInstanceOf(IllegalStateException.class);
    assertThat(StageManifest.find(store.directory())).isEmpty();
  }

  @Test
  void emptyShardIsCommittedToo() {
    assertThat(store.computeOnce(0, KEY, List::of)).isEmpty();
    assertThat(store.find(0, KEY)).get().extracting(ShardCommit::rows).isEqualTo(0L);
  }

  /** What a killed attempt leaves that committed a part and did not live to name it. */
  private void hide(ShardCommit commit) throws IOException {
    Files.move(
        store.directory().resolve(commit.part()),
        store.directory().resolve("." + commit.part() + ".tmp"));
  }

  private static String commitName(int shard, String memoKey) {
    return "_shard-0000" + shard + "." + memoKey.substring(0, 16) + ".commit.json";
  }

  /** Names that a program which opens the folder as a table, or asks for *.parquet, reads. */
  private List<String> visible() {
    return names().stream()
        .filter(name -> name.endsWith(".parquet") || !name.matches("[_.].*"))
        .toList();
  }

  private List<String> names() {
    try (Stream<Path> files = Files.list(store.directory())) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Rollout rollout(String problem, int sample) {
    return Rows.rollout(0, problem, sample, "1. 74+6=80");
  }

  @Test
  void hiddenPartsAreSeenWhenTheirStageIsClosed() throws IOException {
    List<Rollout> rows = List.of(rollout("a", 0));
    ShardStore<Rollout> hidden = store.hiddenUntilClosed();

    assertThat(hidden.computeOnce(0, KEY, () -> rows)).isEqualTo(rows);
    assertThat(visible()).isEmpty();
    assertThat(hidden.computeOnce(0, KEY, List::of)).isEqualTo(rows);
    assertThat(hidden.read(hidden.commits().get(0))).isEqualTo(rows);
    assertThat(visible()).isEmpty();

    StageManifest.close(hidden, 1, "settings");
    assertThat(visible()).hasSize(1);

    hidden.computeOnce(1, KEY, () -> List.of(rollout("b", 0)));
    assertThat(visible()).hasSize(1);
    assertThat(StageManifest.close(hidden, 2, "settings").rows()).isEqualTo(2);
    assertThat(visible()).hasSize(2);
  }

  @Test
  void damagedHiddenPartsAreMendedWhereTheyAre() throws IOException {
    List<Rollout> rows = List.of(rollout("a", 0));
    ShardStore<Rollout> hidden = store.hiddenUntilClosed();
    hidden.computeOnce(0, KEY, () -> rows);
    Path draft = hidden.directory().resolve(StageFiles.draft(hidden.commits().get(0).part()));
    Files.writeString(draft, "no Parquet");

    assertThat(hidden.computeOnce(0, KEY, () -> rows)).isEqualTo(rows);
    assertThat(ParquetRows.read(draft, Rollout.class)).isEqualTo(rows);
    assertThat(visible()).isEmpty();
  }

  @Test
  void aDiscardedShardIsComputedAnew() {
    store.computeOnce(0, KEY, () -> List.of(rollout("a", 0)));

    store.discard(store.commits().get(0));

    assertThat(store.commits()).isEmpty();
    List<Rollout> others = List.of(rollout("b", 0));
    assertThat(store.computeOnce(0, KEY, () -> others)).isEqualTo(others);
  }
}

package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A committed shard whose files are damaged is computed again, and only to the same digest. */
final class DamagedShardTest {
  private static final String KEY = Digests.ofParts("key");
  private static final String OTHER_KEY = Digests.ofParts("other key");
  private static final List<Rollout> ROWS = List.of(rollout("a", "right"), rollout("b", "wrong"));
  private static final List<Rollout> OTHERS = List.of(rollout("a", "right"), rollout("b", "late"));

  @TempDir Path directory;
  private ShardStore<Rollout> store;

  /** What may happen to a file. */
  private enum Damage {
    GONE,
    CUT,
    EMPTY,
    GARBAGE,
    OTHER_ROWS,
    FEWER_ROWS;

    void on(Path part) throws IOException {
      byte[] bytes = Files.readAllBytes(part);
      Files.delete(part);
      switch (this) {
        case GONE -> {}
        case CUT -> Files.write(part, Arrays.copyOf(bytes, bytes.length / 2));
        case EMPTY -> Files.write(part, new byte[0]);
        case GARBAGE -> Files.writeString(part, "PAR1 no rows at all, whatever it is called PAR1");
        case OTHER_ROWS -> ParquetRows.write(part, Rollout.class, OTHERS);
        case FEWER_ROWS -> ParquetRows.write(part, Rollout.class, ROWS.subList(0, 1));
      }
    }
  }

  @BeforeEach
  void commitAShard() {
    store = new ShardStore<>(directory.resolve("run/rollouts"), Stage.ROLLOUTS);
    store.commit(0, KEY, ROWS);
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void aDamagedPartIsComputedAgainAndTheDriverIsTold(Damage damage) throws IOException {
    Path part = part();
    List<Path> before = files();
    damage.on(part);

    assertThat(store.computeOnce(0, KEY, () -> ROWS)).isEqualTo(ROWS);

    assertThat(Repair.take(directory))
        .singleElement()
        .satisfies(
            repair -> {
              assertThat(repair.file()).isEqualTo(part.toString());
              assertThat(repair.toString())
                  .startsWith(part + " was damaged (")
                  .endsWith(") and is computed again, with the same digest");
            });
    assertThat(Repair.take(directory)).isEmpty();
    assertThat(files()).isEqualTo(before);
    assertThat(store.read(store.commits().get(0))).isEqualTo(ROWS);
  }

  @Test
  void noFlippedByteOfAPartChangesWhatIsRead() throws IOException {
    Path part = part();
    byte[] whole = Files.readAllBytes(part);
    int mended = 0;
    for (int i = 0; i < whole.length; i += 3) {
      byte[] flipped = whole.clone();
      flipped[i] ^= (byte) (1 << i % 8);
      Files.write(part, flipped);
      assertThat(store.computeOnce(0, KEY, () -> ROWS)).as("byte %d", i).isEqualTo(ROWS);
      mended += Repair.take(directory).size();
      assertThat(store.computeOnce(0, KEY, List::of)).as("byte %d", i).isEqualTo(ROWS);
    }
    assertThat(mended).isGreaterThan(whole.length / 12);
  }

  @Test
  void otherRowsThanThoseCommittedStopTheRun() throws IOException {
    Path part = part();
    Damage.CUT.on(part);
    byte[] damaged = Files.readAllBytes(part);

    assertThatThrownBy(() -> store.computeOnce(0, KEY, () -> OTHERS))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(part + " is damaged (it is no Parquet file")
        .hasMessageContaining("digest " + Digests.ofRows(OTHERS))
        .hasMessageContaining("committed was " + Digests.ofRows(ROWS))
        .hasMessageEndingWith(
            ": restore it from a copy, go on with the versions and the processor that wrote it, or begin anew in another directory");
    assertThat(part).hasBinaryContent(damaged);
    assertThat(Repair.take(directory)).isEmpty();

    // A run says what wrote it.
    Files.createDirectories(directory.resolve("run/iterations"));
    assertThatThrownBy(() -> store.computeOnce(0, KEY, () -> OTHERS))
        .isInstanceOf(UserMistake.class)
        .hasMessageEndingWith(
            ": restore it from a copy, go on with the versions and the processor that run.json names, or begin anew in another directory, with --run");
  }

  @Test
  void racingAttemptsAllMendAndAllSeeTheSameRows() throws Exception {
    Path part = part();
    List<Path> before = files();
    Damage.GARBAGE.on(part);
    int attempts = 8;
    CyclicBarrier together = new CyclicBarrier(attempts);
    ExecutorService threads = Executors.newFixedThreadPool(attempts);
    try {
      List<Callable<List<Rollout>>> tasks = new ArrayList<>();
      for (int attempt = 0; attempt < attempts; attempt++) {
        tasks.add(
            () -> {
              together.await();
              return store.computeOnce(0, KEY, () -> ROWS);
            });
      }
      for (Future<List<Rollout>> seen : threads.invokeAll(tasks)) {
        assertThat(seen.get()).isEqualTo(ROWS);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(Repair.take(directory)).hasSize(1);
    assertThat(files()).isEqualTo(before);
    assertThat(store.read(store.commits().get(0))).isEqualTo(ROWS);
  }

  @Test
  void aCommitThatIsNoneIsReplacedAndTheBarrierRemovesItsPart() throws IOException {
    for (String text : List.of("", "{", "null", "garbage", "[]", "{\"shard\" : 0}", "\0\0\0")) {
      Files.writeString(commit(), text);
      AtomicInteger computed = new AtomicInteger();

      assertThat(
              store.computeOnce(
                  0,
                  KEY,
                  () -> {
                    computed.incrementAndGet();
                    return ROWS;
                  }))
          .isEqualTo(ROWS);

      assertThat(computed).hasValue(1);
      assertThat(Repair.take(directory))
          .extracting(Repair::file)
          .containsExactly(commit().toString());
      StageManifest.close(store, 1, "settings");
      assertThat(files())
          .containsExactlyInAnyOrder(commit(), part(), store.directory().resolve("_manifest.json"));
    }
  }

  @Test
  void aCommitWhoseDigestsDoNotAgreeIsNone() throws IOException {
    String row = store.commits().get(0).rowDigests().get(1);
    String flipped = (row.charAt(0) == '0' ? "1" : "0") + row.substring(1);
    String text = Files.readString(commit());
    for (String damaged :
        List.of(text.replace(row, flipped), text.replace("\"rows\" : 2", "\"rows\" : 3"))) {
      assertThat(damaged).isNotEqualTo(text);
      Files.writeString(commit(), damaged);

      assertThatThrownBy(() -> StageManifest.close(store, 1, "settings"))
          .isInstanceOf(UserMistake.class)
          .hasMessageStartingWith(commit() + " is damaged (it cannot be read: ");
      assertThat(store.find(0, KEY)).isEmpty();
      assertThat(store.computeOnce(0, KEY, () -> ROWS)).isEqualTo(ROWS);
      assertThat(StageManifest.close(store, 1, "settings").digest())
          .isEqualTo(Digests.ofRows(ROWS));
    }
  }

  @Test
  void aCompleteStageWhoseCommitIsLostOrDamagedIsHeldToItsManifest() throws IOException {
    StageManifest.close(store, 1, "settings");
    for (boolean lost : List.of(true, false)) {
      if (lost) {
        Files.delete(commit());
      } else {
        Files.writeString(commit(), "garbage");
      }
      assertThatThrownBy(() -> store.computeOnce(0, KEY, () -> OTHERS))
          .isInstanceOf(UserMistake.class)
          .hasMessageStartingWith(commit() + " is damaged")
          .hasMessageContaining(Digests.ofRows(OTHERS))
          .hasMessageContaining(Digests.ofRows(ROWS));
      assertThat(store.computeOnce(0, KEY, () -> ROWS)).isEqualTo(ROWS);
      assertThat(store.commits()).hasSize(1);
    }
  }

  @Test
  void aPartIsAPlainNameOrNothingOutsideIsReadOrDeleted() throws IOException {
    Path precious = directory.resolve("precious.parquet");
    ParquetRows.write(precious, Rollout.class, ROWS);
    byte[] kept = Files.readAllBytes(precious);
    String text = Files.readString(commit());
    String plain = store.commits().get(0).part();
    for (String hostile :
        List.of(
            "../../precious.parquet", precious.toString(), "..", "", "shard-00001-0-0.parquet")) {
      Files.writeString(commit(), text.replace(plain, hostile));

      assertThatThrownBy(() -> store.commits())
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining(commit() + " is damaged")
          .hasMessageContaining(
              "part \"%s\" is no file name of a part of shard 0".formatted(hostile));
      store.commit(0, OTHER_KEY, OTHERS);
      assertThat(precious).hasBinaryContent(kept);
      assertThat(commit()).doesNotExist();

      Files.writeString(commit(), text.replace(plain, hostile));
      assertThat(store.computeOnce(0, KEY, () -> ROWS)).isEqualTo(ROWS);
      assertThat(precious).hasBinaryContent(kept);
    }
  }

  @Test
  void aManifestThatNamesAFileElsewhereIsRefused() throws IOException {
    Path precious = directory.resolve("precious.parquet");
    ParquetRows.write(precious, Rollout.class, ROWS);
    StageManifest.close(store, 1, "settings");
    Path manifest = store.directory().resolve("_manifest.json");
    Files.writeString(
        manifest,
        Files.readString(manifest)
            .replace(part().getFileName().toString(), "../../precious.parquet"));

    assertThatThrownBy(() -> StageManifest.find(store.directory()))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            manifest
                + " is damaged (it cannot be read: part \"../../precious.parquet\" is no file name of a part of shard 0): restore it from a copy, or delete it");
    assertThat(StageManifest.close(store, 1, "settings").rows()).isEqualTo(2);
    assertThat(precious).exists();
  }

  @ParameterizedTest
  @EnumSource(Damage.class)
  void rowsOfACompleteStageAreHeldToTheirDigests(Damage damage) throws IOException {
    StageManifest manifest = StageManifest.close(store, 1, "settings");
    Path part = part();
    damage.on(part);

    assertThatThrownBy(() -> StageManifest.rows(store.directory(), Rollout.class, manifest))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(part + " is damaged (")
        .hasMessageEndingWith("): restore it from a copy, or delete it");
  }

  private Path part() {
    return store.directory().resolve(store.commits().get(0).part());
  }

  private Path commit() {
    return StageFiles.commit(store.directory(), 0, KEY);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(store.directory())) {
      return files.sorted().toList();
    }
  }

  private static Rollout rollout(String problem, String response) {
    return Rows.rollout(0, problem, 0, response);
  }
}

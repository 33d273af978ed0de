package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StageCheckTest {
  @TempDir Path directory;
  private ShardStore<Rollout> store;
  private StageManifest manifest;

  @BeforeEach
  void closeAStage() {
    store = new ShardStore<>(directory.resolve("rollouts"), Stage.ROLLOUTS);
    store.commit(0, Digests.ofParts("first"), List.of(rollout("a"), rollout("b")));
    store.commit(1, Digests.ofParts("second"), List.of(rollout("c")));
    manifest = StageManifest.close(store, 2, "settings");
  }

  @Test
  void theDigestIsComputedFromTheBytes() {
    StageProof proof = look();

    assertThat(proof.flaws()).isEmpty();
    assertThat(proof.digest()).contains(manifest.digest());
    assertThat(proof.shards().values()).allMatch(StageProof.Shard::isWhole);
  }

  @Test
  void aFlippedByteOfAPartIsFoundWhereverItIs() throws IOException {
    Path part = store.directory().resolve(manifest.shards().get(1).part());
    byte[] bytes = Files.readAllBytes(part);
    for (int position = 0; position < bytes.length; position += 53) {
      bytes[position] ^= (byte) (1 << position % 8);
      Files.write(part, bytes);

      assertThat(look().flaws())
          .as("byte %d", position)
          .isNotEmpty()
          .allMatch(flaw -> flaw.kind() == Flaw.Kind.DAMAGED && flaw.file().equals(part))
          .allMatch(flaw -> flaw.found().startsWith("its SHA-256 is "));
      bytes[position] ^= (byte) (1 << position % 8);
    }
  }

  @Test
  void aFlippedByteOfTheBookkeepingIsFoundWhereverItIs() throws IOException {
    for (Path file : bookkeeping()) {
      byte[] bytes = Files.readAllBytes(file);
      for (int position = 0; position < bytes.length; position += 11) {
        bytes[position] ^= (byte) (1 << position % 8);
        Files.write(file, bytes);

        assertThat(look().flaws())
            .as("byte %d of %s", position, file.getFileName())
            .isNotEmpty()
            .anyMatch(flaw -> flaw.kind() == Flaw.Kind.DAMAGED);
        bytes[position] ^= (byte) (1 << position % 8);
      }
      Files.write(file, bytes);
    }
  }

  @Test
  void aCutPartIsFound() throws IOException {
    Path part = store.directory().resolve(manifest.shards().get(0).part());
    byte[] bytes = Files.readAllBytes(part);
    for (int length = 0; length < bytes.length; length += 97) {
      Files.write(part, java.util.Arrays.copyOf(bytes, length));

      assertThat(look().flaws())
          .singleElement()
          .satisfies(flaw -> assertThat(flaw.file()).isEqualTo(part));
    }
  }

  @Test
  void aStageInTheMakingIsWholeAsFarAsItGoes() throws IOException {
    Files.delete(StageFiles.manifest(store.directory()));
    Files.delete(StageFiles.commit(store.directory(), 1, Digests.ofParts("second")));
    Files.delete(store.directory().resolve(manifest.shards().get(1).part()));
    // As a worker leaves it that was killed between commit and renaming.
    String part = manifest.shards().get(0).part();
    Files.move(store.directory().resolve(part), store.directory().resolve(StageFiles.draft(part)));

    StageProof proof = new StageCheck(store.directory(), false, bytes -> {}).look();

    assertThat(proof.flaws()).isEmpty();
    assertThat(proof.shards()).containsOnlyKeys(0);
  }

  @Test
  void aShardThatIsGoneWithAllItsFilesIsMissed() throws IOException {
    store.commit(2, Digests.ofParts("third"), List.of(rollout("d")));
    StageManifest.close(store, 3, "settings");
    Files.delete(StageFiles.commit(store.directory(), 1, Digests.ofParts("second")));
    Files.delete(store.directory().resolve(manifest.shards().get(1).part()));
    Files.delete(StageFiles.manifest(store.directory()));

    assertThat(look().flaws())
        .extracting(Flaw::found)
        .containsExactlyInAnyOrder(
            "the stage is complete and has no manifest", "shard 1 has no commit");
  }

  @Test
  void aFlippedDigestOfARowIsNotTakenForTheStages() throws IOException {
    Files.delete(StageFiles.manifest(store.directory()));
    Path commit = StageFiles.commit(store.directory(), 0, Digests.ofParts("first"));
    String row = store.commits().get(0).rowDigests().get(0);
    String flipped = (row.charAt(0) == '0' ? "1" : "0") + row.substring(1);
    Files.writeString(commit, Files.readString(commit).replace(row, flipped));

    StageProof proof = new StageCheck(store.directory(), false, bytes -> {}).look();

    // The part, whose name only that commit knows, is not extra.
    assertThat(proof.flaws()).containsExactly(Flaw.damaged(commit, "it cannot be read"));
    assertThat(proof.digest()).isEmpty();
  }

  @Test
  void anythingInTheManifestsPlaceIsAFlawOfIt() throws IOException {
    Path file = StageFiles.manifest(store.directory());
    Files.writeString(file, "null");
    assertThat(look().flaws()).containsExactly(Flaw.damaged(file, "it cannot be read"));
    Files.delete(file);
    Files.createDirectory(file);

    assertThat(look().flaws())
        .singleElement()
        .satisfies(flaw -> assertThat(flaw.file()).isEqualTo(file))
        .satisfies(flaw -> assertThat(flaw.found()).startsWith("it cannot be read ("));
  }

  @Test
  void aCommitThatIsAFolderIsAFlaw() throws IOException {
    Path commit = StageFiles.commit(store.directory(), 0, Digests.ofParts("first"));
    Files.delete(commit);
    Files.createDirectory(commit);

    assertThat(look().flaws())
        .singleElement()
        .satisfies(flaw -> assertThat(flaw.file()).isEqualTo(commit))
        .satisfies(flaw -> assertThat(flaw.found()).startsWith("it cannot be read ("));
  }

  @Test
  void aCommitOfAShardBeyondTheManifestIsExtraItself() throws IOException {
    ShardStore<Rollout> other =
        new ShardStore<>(directory.resolve("other/rollouts"), Stage.ROLLOUTS);
    String key = Digests.ofParts("far");
    other.commit(99, key, List.of(rollout("z")));
    Path copied =
        store.directory().resolve(StageFiles.commit(other.directory(), 99, key).getFileName());
    Files.copy(StageFiles.commit(other.directory(), 99, key), copied);

    StageProof proof = look();

    assertThat(proof.flaws()).containsExactly(Flaw.extra(copied, "the manifest has no such shard"));
    assertThat(proof.digest()).contains(manifest.digest());
  }

  @Test
  void ofTwoCommitsTheOneThatTheManifestNamesCounts() throws IOException {
    // Among many keys some sort before the manifest's.
    ShardStore<Rollout> other =
        new ShardStore<>(directory.resolve("other/rollouts"), Stage.ROLLOUTS);
    for (String name : List.of("p", "q", "r", "s", "t", "u", "v", "w")) {
      String key = Digests.ofParts(name);
      other.commit(0, key, List.of(rollout("z")));
      Path commit = StageFiles.commit(other.directory(), 0, key);
      Path copied = store.directory().resolve(commit.getFileName());
      Files.copy(commit, copied);

      StageProof proof = look();

      assertThat(proof.flaws())
          .containsExactly(Flaw.extra(copied, "the manifest names another commit of the shard"));
      assertThat(proof.digest()).contains(manifest.digest());
      Files.delete(copied);
    }
  }

  @Test
  void aPartOfAnOpenStageThatNoCommitNamesIsExtra() throws IOException {
    Files.delete(StageFiles.manifest(store.directory()));
    Path stray = store.directory().resolve("shard-00000-0000.parquet");
    Files.copy(store.directory().resolve(manifest.shards().get(0).part()), stray);

    assertThat(new StageCheck(store.directory(), false, bytes -> {}).look().flaws())
        .extracting(Flaw::kind, Flaw::file)
        .containsExactly(tuple(Flaw.Kind.EXTRA, stray));
  }

  /** A table is extended, and the driver was killed before it closed the table again. */
  @Test
  void shardsThatCameInSinceAnOpenStageWasClosedAreNoPartOfIt() throws IOException {
    store.commit(2, Digests.ofParts("third"), List.of(rollout("d")));
    String added = store.commits().get(2).part();

    StageProof open = new StageCheck(store.directory(), false, bytes -> {}).look();

    assertThat(open.flaws()).isEmpty();
    assertThat(open.shards()).containsOnlyKeys(0, 1, 2);
    assertThat(open.digest()).contains(manifest.digest());
    assertThat(look().flaws())
        .extracting(Flaw::kind)
        .isNotEmpty()
        .allMatch(kind -> kind == Flaw.Kind.EXTRA);

    // What came in is proven all the same.
    Path part = store.directory().resolve(added);
    if (!Files.exists(part)) {
      part = store.directory().resolve(StageFiles.draft(added));
    }
    Files.writeString(part, "damaged");
    StageProof damaged = new StageCheck(store.directory(), false, bytes -> {}).look();
    assertThat(damaged.flaws()).containsExactly(Flaw.damaged(part, "it cannot be read as Parquet"));
    assertThat(damaged.digest()).contains(manifest.digest());
  }

  @Test
  void theManifestsShardsOfAnOpenStageAreHeldToItWhateverCameInSince() throws IOException {
    store.commit(2, Digests.ofParts("third"), List.of(rollout("d")));
    Files.delete(StageFiles.commit(store.directory(), 1, Digests.ofParts("second")));

    StageProof lost = new StageCheck(store.directory(), false, bytes -> {}).look();

    assertThat(lost.flaws())
        .containsExactly(
            Flaw.missing(
                StageFiles.commit(store.directory(), 1, Digests.ofParts("second")),
                "the manifest names the shard, and no commit does"));
    assertThat(lost.digest()).isEmpty();

    store.commit(1, Digests.ofParts("another"), List.of(rollout("e")));
    StageProof other = new StageCheck(store.directory(), false, bytes -> {}).look();
    assertThat(other.flaws())
        .contains(
            Flaw.damaged(
                StageFiles.manifest(store.directory()),
                "of shard 1 it says other than the commit"));
  }

  @Test
  void whatADriverSupersedesMeanwhileIsNoFlaw() throws IOException {
    Files.delete(StageFiles.manifest(store.directory()));
    List<Path> commits =
        List.of(
            StageFiles.commit(store.directory(), 0, Digests.ofParts("first")),
            StageFiles.commit(store.directory(), 1, Digests.ofParts("second")));
    List<Path> parts =
        manifest.shards().stream().map(shard -> store.directory().resolve(shard.part())).toList();
    long first = Files.size(parts.get(0));
    assertThat(Files.size(parts.get(1))).isNotEqualTo(first);
    AtomicInteger superseded = new AtomicInteger(-1);
    // Shards are read one after the other: while the first is read, the other is taken away.
    StageCheck check =
        new StageCheck(
            store.directory(),
            false,
            bytes -> {
              int other = bytes == first ? 1 : 0;
              if (superseded.compareAndSet(-1, other)) {
                Trees.delete(commits.get(other));
                Trees.delete(parts.get(other));
              }
            });
    ForkJoinPool pool = new ForkJoinPool(1);
    StageProof proof;
    try {
      proof = pool.submit(check::look).join();
    } finally {
      pool.shutdown();
    }

    assertThat(proof.flaws()).isEmpty();
    assertThat(proof.shards()).containsOnlyKeys(1 - superseded.get());
  }

  private StageProof look() {
    return new StageCheck(store.directory(), true, bytes -> {}).look();
  }

  private List<Path> bookkeeping() throws IOException {
    try (Stream<Path> files = Files.list(store.directory())) {
      return files.filter(file -> file.getFileName().toString().startsWith("_")).sorted().toList();
    }
  }

  private static Rollout rollout(String problem) {
    return Rows.rollout(0, problem, 0, "1. 7+2=9");
  }
}

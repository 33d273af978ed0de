package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
          .allMatch(flaw -> flaw.kind() == Flaw.Kind.DAMAGED && flaw.file().equals(part));
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

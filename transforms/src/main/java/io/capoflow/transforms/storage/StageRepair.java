package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Restores a stage's folder from one in which its damaged shards were computed again. For the
 * driver, while it holds the run's lock.
 */
public final class StageRepair {
  private final StageProof proof;
  private final Stage<? extends SpecificRecordBase> stage;
  private final Optional<String> recordedDigest;

  /**
   * A repair of what a check found.
   *
   * @param recordedDigest of the whole stage, apart from its folder; empty where there is none
   */
  public StageRepair(
      StageProof proof,
      Stage<? extends SpecificRecordBase> stage,
      Optional<String> recordedDigest) {
    this.proof = requireNonNull(proof, "proof");
    this.stage = requireNonNull(stage, "stage");
    this.recordedDigest = requireNonNull(recordedDigest, "recordedDigest");
  }

  /** Whether a shard is as it was recorded, and the stage that it belongs to is the run's own. */
  private boolean isWhole(StageProof.Shard shard) {
    return shard.isWhole() && !isOfAnotherRun();
  }

  private boolean isOfAnotherRun() {
    return recordedDigest.isPresent()
        && proof.digest().stream().anyMatch(digest -> !recordedDigest.get().equals(digest));
  }

  /** Makes the whole shards appear in another folder, too, whose dataflow then reads them. */
  public void linkTo(Path folder) {
    try {
      Files.createDirectories(folder);
      for (StageProof.Shard shard : proof.shards().values()) {
        if (isWhole(shard)) {
          ShardCommit commit = shard.commit().orElseThrow();
          Path part = proof.directory().resolve(commit.part());
          Path draft = proof.directory().resolve(StageFiles.draft(commit.part()));
          Links.link(Files.exists(part) ? part : draft, folder.resolve(commit.part()));
          Links.link(commitFile(proof.directory(), commit), commitFile(folder, commit));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot link " + proof.directory() + " into " + folder, e);
    }
  }

  /**
   * Takes the shards that were not whole from the folder in which they were computed again.
   *
   * @param settings digest of the settings that the stage ran with, for a manifest that is lost
   * @return how many shards were taken
   * @throws UserMistake when what was computed is not what was recorded, or nothing was recorded;
   *     then nothing is taken
   */
  public int takeFrom(Path folder, int shards, String settings, SetAside aside) {
    StageManifest computed = close(new ShardStore<>(folder, stage), shards, settings);
    requireRecorded(computed);
    int taken = 0;
    try {
      Files.createDirectories(proof.directory());
      for (StageManifest.Shard shard : computed.shards()) {
        Optional<StageProof.Shard> before = Optional.ofNullable(proof.shards().get(shard.shard()));
        if (before.stream().noneMatch(this::isWhole)) {
          before.ifPresent(damaged -> remove(damaged, aside));
          take(folder, shard);
          taken++;
        }
      }
      aside.take(StageFiles.manifest(proof.directory()));
      Durable.sync(proof.directory());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot restore " + proof.directory(), e);
    }
    close(
        new ShardStore<>(proof.directory(), stage),
        shards,
        proof.manifest().map(StageManifest::settings).orElse(settings));
    return taken;
  }

  private static <T extends SpecificRecordBase> StageManifest close(
      ShardStore<T> store, int shards, String settings) {
    return StageManifest.close(store, shards, settings);
  }

  private void requireRecorded(StageManifest computed) {
    Optional<String> whole = recordedDigest.or(() -> proof.manifest().map(StageManifest::digest));
    whole
        .filter(recorded -> !recorded.equals(computed.digest()))
        .ifPresent(recorded -> refuse(computed.digest(), recorded));
    if (isOfAnotherRun()) {
      return;
    }
    for (StageManifest.Shard shard : computed.shards()) {
      Optional<String> recorded = proof.recordedDigest(shard.shard());
      recorded
          .filter(digest -> !digest.equals(shard.digest()))
          .ifPresent(digest -> refuse("of shard " + shard.shard() + " " + shard.digest(), digest));
      if (recorded.isEmpty() && whole.isEmpty()) {
        throw new UserMistake(
            "%s: nothing records what shard %d held, so that it cannot be restored: take the folder from a copy of the run"
                .formatted(proof.directory(), shard.shard()));
      }
    }
  }

  private void refuse(String computed, String recorded) {
    throw new UserMistake(
        "%s: computed again, its digest is %s, recorded %s: this program, its libraries or this processor compute other bits than those that made the run; repair it there, or take the folder from a copy"
            .formatted(proof.directory(), computed, recorded));
  }

  private void remove(StageProof.Shard damaged, SetAside aside) {
    Path folder = proof.directory();
    damaged
        .commit()
        .map(ShardCommit::part)
        .or(() -> proof.manifestEntry(damaged.shard()).map(StageManifest.Shard::part))
        .ifPresent(
            part -> {
              aside.take(folder.resolve(part));
              aside.take(folder.resolve(StageFiles.draft(part)));
            });
    StageFiles.commits(folder, damaged.shard()).forEach(aside::take);
  }

  private void take(Path folder, StageManifest.Shard shard) throws IOException {
    Path target = proof.directory();
    Files.move(
        folder.resolve(shard.part()), target.resolve(shard.part()), StandardCopyOption.ATOMIC_MOVE);
    Path commit = StageFiles.commit(folder, shard.shard(), shard.memoKey());
    Files.move(
        commit,
        StageFiles.commit(target, shard.shard(), shard.memoKey()),
        StandardCopyOption.ATOMIC_MOVE);
  }

  private static Path commitFile(Path folder, ShardCommit commit) {
    return StageFiles.commit(folder, commit.shard(), commit.memoKey());
  }
}

package io.capoflow.pipelines.metrics;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Everything that one iteration wrote. Critiques and votes are empty where no critic was asked.
 *
 * @param rollouts in any order, as all others
 */
public record StoredIteration(
    List<Rollout> rollouts,
    List<Verdict> verdicts,
    List<Critique> critiques,
    List<StepVotes> votes,
    List<CreditedRollout> credits) {
  public StoredIteration {
    rollouts = List.copyOf(rollouts);
    verdicts = List.copyOf(verdicts);
    critiques = List.copyOf(critiques);
    votes = List.copyOf(votes);
    credits = List.copyOf(credits);
  }

  /**
   * Reads a complete iteration of a run.
   *
   * @throws io.capoflow.schemas.UserMistake when its rollouts, verdicts or credits are not complete
   */
  public static StoredIteration read(RunDirectory run, int iteration) {
    return new StoredIteration(
        Kept.complete(run, iteration, Stage.ROLLOUTS).rows(),
        Kept.complete(run, iteration, Stage.VERDICTS).rows(),
        Kept.find(run, iteration, Stage.CRITIQUES).map(Kept::rows).orElse(List.of()),
        Kept.find(run, iteration, Stage.VOTES).map(Kept::rows).orElse(List.of()),
        Kept.complete(run, iteration, Stage.CREDITS).rows());
  }

  /**
   * Reads a complete iteration of a run shard by shard: only one is in memory.
   *
   * @throws io.capoflow.schemas.UserMistake when its rollouts, verdicts or credits are not complete
   */
  static void forEachShard(RunDirectory run, int iteration, Consumer<StoredIteration> each) {
    Kept<Rollout> rollouts = Kept.complete(run, iteration, Stage.ROLLOUTS);
    Kept<Verdict> verdicts = Kept.complete(run, iteration, Stage.VERDICTS);
    Optional<Kept<Critique>> critiques = Kept.find(run, iteration, Stage.CRITIQUES);
    Optional<Kept<StepVotes>> votes = Kept.find(run, iteration, Stage.VOTES);
    Kept<CreditedRollout> credits = Kept.complete(run, iteration, Stage.CREDITS);
    for (StageManifest.Shard kept : rollouts.manifest().shards()) {
      int shard = kept.shard();
      each.accept(
          new StoredIteration(
              rollouts.rows(shard),
              verdicts.rows(shard),
              critiques.map(stage -> stage.rows(shard)).orElse(List.of()),
              votes.map(stage -> stage.rows(shard)).orElse(List.of()),
              credits.rows(shard)));
    }
  }

  /** A stage that is complete. All stages of an iteration have the same shards. */
  private record Kept<T extends SpecificRecordBase>(
      Path directory, Stage<T> stage, StageManifest manifest) {
    static <T extends SpecificRecordBase> Kept<T> complete(
        RunDirectory run, int iteration, Stage<T> stage) {
      return new Kept<>(run.stage(iteration, stage), stage, run.completeManifest(iteration, stage));
    }

    static <T extends SpecificRecordBase> Optional<Kept<T>> find(
        RunDirectory run, int iteration, Stage<T> stage) {
      Path directory = run.stage(iteration, stage);
      return StageManifest.find(directory).map(manifest -> new Kept<>(directory, stage, manifest));
    }

    List<T> rows() {
      return StageManifest.rows(directory, stage.type(), manifest);
    }

    List<T> rows(int shard) {
      return StageManifest.rows(directory, stage.type(), manifest, shard);
    }
  }
}

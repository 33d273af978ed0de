package io.capoflow.pipelines.metrics;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import java.util.List;
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
        run.rows(iteration, Stage.ROLLOUTS),
        run.rows(iteration, Stage.VERDICTS),
        rowsIfThere(run, iteration, Stage.CRITIQUES),
        rowsIfThere(run, iteration, Stage.VOTES),
        run.rows(iteration, Stage.CREDITS));
  }

  private static <T extends SpecificRecordBase> List<T> rowsIfThere(
      RunDirectory run, int iteration, Stage<T> stage) {
    return StageManifest.find(run.stage(iteration, stage)).isPresent()
        ? run.rows(iteration, stage)
        : List.of();
  }
}

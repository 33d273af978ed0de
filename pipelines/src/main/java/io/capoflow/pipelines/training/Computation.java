package io.capoflow.pipelines.training;

import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.RunDirectory;
import java.util.Optional;

/**
 * How the last bits of what a run computes come about: a number that grows whenever the same recipe
 * and seed would give other bits. A run is of one computation from its beginning to its end. One of
 * an earlier computation is shown, compared and checked as any other.
 */
public final class Computation {
  /** What ran before runs recorded theirs. */
  static final int FIRST = 1;

  /**
   * A gradient is the sum of its parts', log-probabilities are computed shard by shard in a stage
   * of their own, and decoding fills places that rows leave.
   */
  static final int OF_PARTS = 2;

  /** The computation of this code. */
  static final int NOW = OF_PARTS;

  private Computation() {}

  /**
   * What to know before anything of a run is computed again; empty where it is of this code's
   * computation.
   */
  public static Optional<String> difference(RunDirectory run) {
    int begun = RunRecord.computation(run);
    return begun == NOW
        ? Optional.empty()
        : Optional.of(
            "%s was made by %s code, which sums gradients and batches decoding otherwise (computation %d, here %d), so that last bits would differ"
                .formatted(run.root(), begun < NOW ? "earlier" : "later", begun, NOW));
  }

  /**
   * Refuses to go on with a run of another computation.
   *
   * @throws UserMistake where it is of another
   */
  static void requireSame(RunDirectory run) {
    difference(run)
        .ifPresent(
            difference -> {
              throw new UserMistake(
                  difference
                      + ": go on with the version that made it, or begin anew in another directory, with --run");
            });
  }
}

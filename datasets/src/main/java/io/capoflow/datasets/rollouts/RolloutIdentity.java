package io.capoflow.datasets.rollouts;

import io.capoflow.datasets.problems.Questions;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.Rollout;
import java.util.List;

/**
 * The ids of a rollout that somebody already had. They are made of the row's content: of all
 * columns but the file and the line where it stood, and these ids themselves. So rows of equal
 * content have equal ids, in whatever file and order they are read, and one that differs in any
 * column, in its gold answer too, has another. Stateless and thread-safe.
 *
 * <ul>
 *   <li>{@code rollout_id}: 32 hexadecimal digits of the row's digest.
 *   <li>{@code problem_id}, where the source has none: 16 hexadecimal digits of a digest of the
 *       question, its white space apart.
 *   <li>{@code sample_index}, where the source has none: the first 31 bits of {@code rollout_id},
 *       so that draws keyed by it differ between the rollouts of a problem.
 * </ul>
 */
final class RolloutIdentity {
  private static final int ROLLOUT_DIGITS = 32;
  private static final int PROBLEM_DIGITS = 16;
  private static final int INDEX_DIGITS = 8;

  static {
    RecordClasses.trust(); // to copy them
  }

  private RolloutIdentity() {}

  /**
   * A row with its ids. Ids that it has already are made anew, and come out the same.
   *
   * @param row with a blank {@code problem_id} in its problem where the source has none
   */
  static GivenRollout settled(GivenRollout row) {
    Rollout rollout = row.getRollout();
    Problem problem = rollout.getProblem();
    String fallback = problemId(problem.getPrompt());
    boolean named = !problem.getProblemId().isBlank() && !problem.getProblemId().equals(fallback);
    boolean numbered = !NeutralRollout.is(rollout);

    String nameless = named ? problem.getProblemId() : "";
    int index = numbered ? rollout.getSampleIndex() : 0;
    String id = Digests.ofRow(with(row, "", nameless, index)).substring(0, ROLLOUT_DIGITS);
    return with(
        row,
        id,
        named ? problem.getProblemId() : fallback,
        numbered ? index : Integer.parseUnsignedInt(id.substring(0, INDEX_DIGITS), 16) >>> 1);
  }

  private static GivenRollout with(
      GivenRollout row, String rolloutId, String problemId, int sampleIndex) {
    Rollout rollout = row.getRollout();
    return GivenRollout.newBuilder(row)
        .setRolloutId(rolloutId)
        .setProblemId(problemId)
        .setRollout(
            Rollout.newBuilder(rollout)
                .setRolloutId(rolloutId)
                .setSampleIndex(sampleIndex)
                .setProblem(
                    Problem.newBuilder(rollout.getProblem()).setProblemId(problemId).build())
                .build())
        .build();
  }

  /** The id of a problem that its source does not name. */
  static String problemId(List<Message> prompt) {
    return Digests.ofParts(Questions.normalised(prompt)).substring(0, PROBLEM_DIGITS);
  }
}

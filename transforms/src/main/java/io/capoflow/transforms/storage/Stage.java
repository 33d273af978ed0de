package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.ResponseLogProbabilities;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.Verdict;
import java.io.Serializable;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * A stage of an iteration whose rows are kept.
 *
 * @param folder its folder in {@code iterations/00003/}, and its name in digests
 * @param verb what the stage does, as fault points and logs call it
 * @param type its rows
 */
public record Stage<T extends SpecificRecordBase>(String folder, String verb, Class<T> type)
    implements Serializable {
  public static final Stage<Rollout> ROLLOUTS = new Stage<>("rollouts", "sample", Rollout.class);
  public static final Stage<Verdict> VERDICTS = new Stage<>("verdicts", "verify", Verdict.class);
  public static final Stage<Critique> CRITIQUES =
      new Stage<>("critiques", "critique", Critique.class);
  public static final Stage<StepVotes> VOTES = new Stage<>("votes", "vote", StepVotes.class);
  public static final Stage<ResponseLogProbabilities> LOG_PROBABILITIES =
      new Stage<>("logprobs", "logprobs", ResponseLogProbabilities.class);
  public static final Stage<CreditedRollout> CREDITS =
      new Stage<>("credits", "credit", CreditedRollout.class);

  /** Every stage, in the order of an iteration. */
  public static final List<Stage<? extends SpecificRecordBase>> ALL =
      List.of(ROLLOUTS, VERDICTS, CRITIQUES, VOTES, LOG_PROBABILITIES, CREDITS);

  public Stage {
    requireNonNull(folder, "folder");
    requireNonNull(verb, "verb");
    requireNonNull(type, "type");
  }
}

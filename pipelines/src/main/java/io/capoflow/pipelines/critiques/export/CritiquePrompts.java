package io.capoflow.pipelines.critiques.export;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.StepCritique;
import java.util.List;

/**
 * Writes anew what a critic was shown: a dataset keeps its digest alone. Pure, so that the same row
 * is exported the same.
 */
@FunctionalInterface
public interface CritiquePrompts {
  /**
   * The messages that a critique answers.
   *
   * @param row the rollout, its question, reference and steps
   * @param critique one of its critiques, which names the template
   * @return at least one message
   */
  List<Message> of(CritiquedRollout row, StepCritique critique);
}

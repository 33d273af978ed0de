package io.capoflow.models.critic;

import io.capoflow.models.steps.Step;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Rollout;
import java.util.List;

/**
 * The question put to a critic, and how its answer is read. Implementations are found by {@link
 * #name} through {@link java.util.ServiceLoader}. Pure and thread-safe.
 *
 * <p>The rollout's text is untrusted: {@link #render} must leave it no way to close a step or to
 * open an answer.
 */
public interface PromptTemplate {
  /** As a recipe names it. */
  String name();

  /**
   * Chat messages that show the critic the question, what is known of the answer, and the tagged
   * steps.
   */
  List<Message> render(Rollout rollout, List<Step> steps);

  /**
   * Reads a critic's answer; never throws on any text.
   *
   * @param text what the critic wrote
   * @param cut whether the length limit cut it
   * @param stepCount steps that were shown
   */
  CritiqueReading read(String text, boolean cut, int stepCount);
}

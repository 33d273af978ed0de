package com.example.capoflow;

import io.capoflow.models.critic.CritiqueParser;
import io.capoflow.models.critic.CritiqueReading;
import io.capoflow.models.critic.PromptFields;
import io.capoflow.models.critic.PromptTemplate;
import io.capoflow.models.steps.Step;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Rollout;
import java.util.List;

/** A short prompt without a reference, whose answer has the usual form. */
public final class TerseTemplate implements PromptTemplate {
  @Override
  public String name() {
    return "terse";
  }

  @Override
  public List<Message> render(Rollout rollout, List<Step> steps) {
    return PromptFields.oneUserMessage(
        "Question:\n"
            + PromptFields.question(rollout.getProblem())
            + "\n\nSteps:\n"
            + PromptFields.taggedSteps(rollout, steps)
            + "\n\nWhich steps are wrong? Answer as <incorrect_steps>1, 4</incorrect_steps>.");
  }

  @Override
  public CritiqueReading read(String text, boolean cut, int stepCount) {
    return CritiqueParser.read(text, cut, stepCount);
  }
}

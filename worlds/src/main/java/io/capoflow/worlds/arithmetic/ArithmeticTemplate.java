package io.capoflow.worlds.arithmetic;

import io.capoflow.models.critic.CritiqueParser;
import io.capoflow.models.critic.CritiqueReading;
import io.capoflow.models.critic.PromptTemplate;
import io.capoflow.models.steps.Step;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Rollout;
import io.capoflow.worlds.truth.StepOracle;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The prompt of the arithmetic world's critic: tags and answer format of the common templates in a
 * vocabulary of few tokens. Shows no answer and no solution, which a critic this small would copy
 * instead of checking; every step is reviewed, the boxed answer included.
 */
public final class ArithmeticTemplate implements PromptTemplate {
  /** Made by {@link java.util.ServiceLoader}. */
  public ArithmeticTemplate() {}

  @Override
  public String name() {
    return "arithmetic";
  }

  @Override
  public List<Message> render(Rollout rollout, List<Step> steps) {
    String question =
        rollout.getProblem().getPrompt().stream()
            .map(Message::getContent)
            .collect(Collectors.joining(" "));
    return List.of(
        new Message(
            "user",
            ArithmeticTongue.prompt(question, StepOracle.texts(rollout.getResponse(), steps))));
  }

  @Override
  public CritiqueReading read(String text, boolean cut, int stepCount) {
    return CritiqueParser.read(text, cut, stepCount);
  }
}

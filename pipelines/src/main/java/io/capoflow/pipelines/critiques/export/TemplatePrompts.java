package io.capoflow.pipelines.critiques.export;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.PromptTemplate;
import io.capoflow.models.steps.Step;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.GoldAnswer;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.StepSpan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Prompts as critics' templates write them, of what a row keeps: question, reference and steps.
 * Thread-safe where the function is.
 */
public final class TemplatePrompts implements CritiquePrompts {
  private final Function<StepCritique, PromptTemplate> templates;

  /**
   * @param templates the template that a critique's critic was asked with
   */
  public TemplatePrompts(Function<StepCritique, PromptTemplate> templates) {
    this.templates = requireNonNull(templates, "templates");
  }

  /**
   * @throws IllegalArgumentException when the row's steps do not lie in its response
   */
  @Override
  public List<Message> of(CritiquedRollout row, StepCritique critique) {
    List<Step> steps = steps(row);
    return templates.apply(critique).render(rollout(row, steps), steps);
  }

  /** The steps of a row where they lie in its response, one behind the other. */
  private static List<Step> steps(CritiquedRollout row) {
    String response = row.getResponse();
    List<Step> steps = new ArrayList<>();
    int at = 0;
    int codePoints = 0;
    for (String step : row.getSteps()) {
      int found = response.indexOf(step, at);
      if (found < 0) {
        throw new IllegalArgumentException(
            "step %d of %s does not lie in its response"
                .formatted(steps.size(), row.getRolloutId()));
      }
      int start = codePoints + response.codePointCount(at, found);
      int end = start + step.codePointCount(0, step.length());
      steps.add(new Step(steps.size(), start, end));
      at = found + step.length();
      codePoints = end;
    }
    return steps;
  }

  /** What a template may read of a rollout; what a row does not keep has a neutral value. */
  private static Rollout rollout(CritiquedRollout row, List<Step> steps) {
    Problem problem =
        Problem.newBuilder()
            .setProblemId(row.getProblemId())
            .setPrompt(row.getPrompt())
            .setAnswer(Optional.ofNullable(row.getAnswer()).orElse(GoldAnswer.UNKNOWN))
            .setSolution(row.getSolution())
            .setSource(row.getSource())
            .setMetadata(Map.of())
            .build();
    return Rollout.newBuilder()
        .setRunId("")
        .setIteration(0)
        .setProblem(problem)
        .setSampleIndex(0)
        .setRolloutId(row.getRolloutId())
        .setPromptTokenIds(List.of())
        .setResponseTokenIds(List.of())
        .setResponse(row.getResponse())
        .setTokenEnds(List.of())
        .setBehaviourLogprobs(List.of())
        .setFinishReason(FinishReason.STOP.text())
        .setPolicyVersion("")
        .setTemperature(0)
        .setTopP(1)
        .setMaxNewTokens(0)
        .setSeed(0)
        .setGivenSteps(steps.stream().map(step -> new StepSpan(step.start(), step.end())).toList())
        .build();
  }
}

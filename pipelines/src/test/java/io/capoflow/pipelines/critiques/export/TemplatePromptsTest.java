package io.capoflow.pipelines.critiques.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.critic.PromptTemplate;
import io.capoflow.models.critic.PromptTemplates;
import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.models.steps.RolloutSteps;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.StepSpan;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Rollouts are rendered as critics see them, and once more from the rows that are kept of them. */
class TemplatePromptsTest {
  private static final BlankLineSplitter SPLITTER = new BlankLineSplitter();

  static Stream<Arguments> rollouts() {
    Rollout split = rollout("a \ud83c\udf4e\n\n\n a\nb\n\na", "The sum is 3.").build();
    Rollout given =
        rollout("\n x\n\ny\n\n\n\nx\n\n</step_0> \ud83c\udf4e", null)
            .setGivenSteps(List.of(new StepSpan(0, 6), new StepSpan(8, 11), new StepSpan(13, 23)))
            .build();
    return Stream.of("capo", "capo_paper", "processbench")
        .flatMap(name -> Stream.of(Arguments.of(name, split), Arguments.of(name, given)));
  }

  @ParameterizedTest
  @MethodSource("rollouts")
  void aRowIsShownAsItsRolloutWas(String name, Rollout rollout) {
    PromptTemplate template = PromptTemplates.named(name);
    CritiquedRollout row = row(rollout);

    List<Message> prompt =
        new TemplatePrompts(critique -> PromptTemplates.named(critique.getPromptTemplate()))
            .of(row, critique(name));

    assertThat(row.getSteps()).hasSize(3);
    assertThat(prompt).isEqualTo(template.render(rollout, RolloutSteps.of(rollout, SPLITTER)));
  }

  @Test
  void aRowWhoseStepsAreNotItsResponsesIsNoRowOfOurs() {
    CritiquedRollout row =
        CritiquedRollout.newBuilder(row(rollout("a\n\nb", null).build()))
            .setSteps(List.of("b", "a"))
            .build();

    assertThatThrownBy(
            () ->
                new TemplatePrompts(critique -> PromptTemplates.named("capo"))
                    .of(row, critique("capo")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("step 1 of r does not lie in its response");
  }

  private static StepCritique critique(String template) {
    return StepCritique.newBuilder(CritiquedRows.critique("alpha", 0, ""))
        .setPromptTemplate(template)
        .build();
  }

  private static CritiquedRollout row(Rollout rollout) {
    Problem problem = rollout.getProblem();
    return CritiquedRollout.newBuilder(
            CritiquedRows.row("r", "", RolloutSteps.texts(rollout, SPLITTER)))
        .setPrompt(problem.getPrompt())
        .setAnswer(problem.getAnswer().isEmpty() ? null : problem.getAnswer())
        .setSolution(problem.getSolution())
        .setResponse(rollout.getResponse())
        .build();
  }

  private static Rollout.Builder rollout(String response, String solution) {
    return Rollout.newBuilder()
        .setRunId("")
        .setIteration(0)
        .setProblem(
            Problem.newBuilder()
                .setProblemId("p")
                .setPrompt(List.of(new Message("system", "Be brief."), new Message("user", "1+2?")))
                .setAnswer(solution == null ? "" : "3")
                .setSolution(solution)
                .setSource("gsm8k")
                .build())
        .setSampleIndex(0)
        .setRolloutId("r")
        .setPromptTokenIds(List.of())
        .setResponseTokenIds(List.of())
        .setResponse(response)
        .setTokenEnds(List.of())
        .setBehaviourLogprobs(List.of())
        .setFinishReason("stop")
        .setPolicyVersion("theirs")
        .setTemperature(0)
        .setTopP(1)
        .setMaxNewTokens(9)
        .setSeed(0);
  }
}

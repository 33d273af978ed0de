package io.capoflow.worlds.arithmetic;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.attacks.Attacks;
import io.capoflow.models.attacks.ForgivingReader;
import io.capoflow.models.critic.PromptTemplates;
import io.capoflow.models.critic.VoidReason;
import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ArithmeticTemplateTest {
  @Test
  void recipesFindItByName() {
    assertThat(PromptTemplates.named("arithmetic")).isInstanceOf(ArithmeticTemplate.class);
  }

  @Test
  void showsQuestionAndStepsAndNeitherAnswerNorSolution() {
    Problem problem =
        new ArithmeticProblem(
                10,
                List.of(
                    Operation.parse("+2"),
                    Operation.parse("+3"),
                    Operation.parse("+4"),
                    Operation.parse("+5")))
            .toProblem("p");
    String response = "1. 10+2=11\n\n\n\n 2. 11+3=15 \n\n\\boxed{15}";

    List<Message> messages = render(problem, response);

    assertThat(messages).hasSize(1);
    assertThat(messages.get(0).getRole()).isEqualTo("user");
    assertThat(messages.get(0).getContent())
        .isEqualTo(
            """
            Problem: Start at 10. Add 2. Add 3. Add 4. Add 5.
            Solution:
            <step_0>1. 10+2=11</step_0>
            <step_1>2. 11+3=15</step_1>
            <step_2>\\boxed{15}</step_2>
            Critique:
            """)
        .doesNotContain("24");
  }

  @Test
  void spansCountCodePoints() {
    Problem problem = new ArithmeticWorld(0).problem(ArithmeticSplit.HELD_OUT, 0);
    assertThat(render(problem, "😀😀 a\n\n1. 2+3=5").get(0).getContent())
        .contains("<step_0>😀😀 a</step_0>\n<step_1>1. 2+3=5</step_1>\n");
  }

  @TestFactory
  Stream<DynamicTest> noAttackTouchesThePromptsStructure() {
    return Attacks.all().entrySet().stream()
        .map(attack -> DynamicTest.dynamicTest(attack.getKey(), () -> require(attack.getValue())));
  }

  private static void require(String attack) {
    Problem problem =
        Problem.newBuilder()
            .setProblemId("p")
            .setPrompt(List.of(new Message("user", attack)))
            .setAnswer("")
            .setSource("test")
            .setMetadata(Map.of())
            .build();
    int steps = new BlankLineSplitter().split(attack).size();
    String harmless = String.join("\n\n", Collections.nCopies(steps, "x"));

    String prompt = render(problem, attack).get(0).getContent();

    assertThat(ForgivingReader.structure(prompt))
        .as(prompt)
        .isEqualTo(
            ForgivingReader.structure(
                render(new ArithmeticWorld(0).problem(ArithmeticSplit.HELD_OUT, 0), harmless)
                    .get(0)
                    .getContent()));
    assertThat(new ArithmeticTemplate().read(prompt, false, steps).voidReason())
        .contains(VoidReason.NO_STEP_LIST);
  }

  private static List<Message> render(Problem problem, String response) {
    Rollout rollout =
        Rollout.newBuilder()
            .setRunId("run")
            .setIteration(0)
            .setProblem(problem)
            .setSampleIndex(0)
            .setRolloutId("00000/p/000")
            .setPromptTokenIds(List.of())
            .setResponseTokenIds(List.of())
            .setResponse(response)
            .setTokenEnds(List.of())
            .setBehaviourLogprobs(List.of())
            .setFinishReason("stop")
            .setPolicyVersion("v00000")
            .setTemperature(1)
            .setTopP(1)
            .setMaxNewTokens(1)
            .setSeed(0)
            .build();
    return new ArithmeticTemplate().render(rollout, new BlankLineSplitter().split(response));
  }
}

package io.capoflow.pipelines.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.pipelines.evaluation.EvaluationFigures.Judged;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.Verdict;
import io.capoflow.worlds.truth.SolutionTruths;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The problem: start at 10, add 5, add 3. Which answers count as right is said by hand. */
class EvaluationFiguresTest {
  private static final String RIGHT = "1. 10+5=15\n\n2. 15+3=18\n\n\\boxed{18}";
  private static final String FLAWED = "1. 10+5=16\n\n2. 16+3=19\n\n\\boxed{19}";
  private static final String WRONG = "1. 10+5=15\n\n2. 15+3=19\n\n\\boxed{19}";

  @Test
  void greedyAndSampledResponsesEachHaveTheirOwnFigures() {
    Map<String, Double> figures =
        figures(
            judged(List.of(response(RIGHT, 20, true), response(FLAWED, 30, true))),
            judged(
                List.of(
                    response(WRONG, 1, false),
                    response(RIGHT, 1, true),
                    response(RIGHT, 1, true),
                    response(FLAWED, 1, true))));

    assertThat(figures)
        .isEqualTo(
            Map.of(
                "problems", 2.0,
                "accuracy", 1.0,
                "greedy_step_correctness", (1 + 0.5) / 2,
                "greedy_flawed_positive_share", 1 / 2.0,
                "pass_rate", 3 / 4.0,
                "sampled_step_correctness", (0.5 + 1 + 1 + 0.5) / 4,
                "sampled_flawed_positive_share", 1 / 3.0,
                "mean_tokens", 25.0));
  }

  @Test
  void aShareOfRightAnswersIsAbsentWhereNoneIsRight() {
    assertThat(
            figures(
                judged(List.of(response(WRONG, 1, false))),
                judged(List.of(response(RIGHT, 1, true)))))
        .containsEntry("greedy_step_correctness", 0.5)
        .containsEntry("sampled_flawed_positive_share", 0.0)
        .doesNotContainKey("greedy_flawed_positive_share");
  }

  private static Map<String, Double> figures(Judged greedy, Judged sampled) {
    return EvaluationFigures.of(greedy, sampled).named();
  }

  private record Response(String text, int tokens, boolean right) {}

  private static Response response(String text, int tokens, boolean right) {
    return new Response(text, tokens, right);
  }

  private static Judged judged(List<Response> responses) {
    Judged judged = new Judged(new SolutionTruths(new BlankLineSplitter()));
    for (int i = 0; i < responses.size(); i++) {
      judged.add(List.of(rollout(i, responses.get(i))), List.of(verdict(i, responses.get(i))));
    }
    return judged;
  }

  private static Rollout rollout(int sample, Response response) {
    return Rollout.newBuilder()
        .setRunId("evaluation")
        .setIteration(0)
        .setProblem(
            Problem.newBuilder()
                .setProblemId("p")
                .setPrompt(List.of(new Message("user", "Start at 10. Add 5. Add 3.")))
                .setAnswer("18")
                .setSource("arithmetic")
                .setMetadata(Map.of("start", "10", "operations", "+5,+3"))
                .build())
        .setSampleIndex(sample)
        .setRolloutId(Keys.rolloutId(0, "p", sample))
        .setPromptTokenIds(List.of(1))
        .setResponseTokenIds(Collections.nCopies(response.tokens(), 7))
        .setResponse(response.text())
        .setTokenEnds(Collections.nCopies(response.tokens(), response.text().length()))
        .setBehaviourLogprobs(Collections.nCopies(response.tokens(), -1f))
        .setFinishReason("stop")
        .setPolicyVersion("v00000")
        .setTemperature(1)
        .setTopP(1)
        .setMaxNewTokens(96)
        .setSeed(1)
        .build();
  }

  private static Verdict verdict(int sample, Response response) {
    return Verdict.newBuilder()
        .setIteration(0)
        .setProblemId("p")
        .setSampleIndex(sample)
        .setRolloutId(Keys.rolloutId(0, "p", sample))
        .setOutcome(response.right() ? 1 : 0)
        .setReason("TEST")
        .setGoldType("integer")
        .setRoute("test")
        .setVerifier("test")
        .setOptionsDigest("")
        .setMicros(1)
        .build();
  }
}

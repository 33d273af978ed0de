package io.capoflow.pipelines.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVote;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/**
 * Five rollouts of three problems, each figure worked out by hand. The problem: start at 10, add 5,
 * add 3. Rewards and advantages of the first group are the worked example of docs/method.md.
 */
class IterationFiguresTest {
  static {
    // To copy a record is to have Avro make its parts.
    RecordClasses.trust();
  }

  private static final StepSplitter SPLITTER = new BlankLineSplitter();
  private static final double TWO = 1.608167;
  private static final double ONE = 0.750478;
  private static final double ZERO = -0.107211;
  private static final double MINUS_ONE = -0.964900;

  private final List<Rollout> rollouts = new ArrayList<>();
  private final List<Verdict> verdicts = new ArrayList<>();
  private final List<Critique> critiques = new ArrayList<>();
  private final List<StepVotes> votes = new ArrayList<>();
  private final List<CreditedRollout> credits = new ArrayList<>();

  IterationFiguresTest() {
    // A: its first step is truly wrong; the answer counts as right.
    Rollout a = rollout("p1", 0, "1. 10+5=16\n\n2. 16+3=19\n\n\\boxed{19}", 6, "stop");
    judge(a, 1);
    critique(a, List.of(0, 1), List.of(0));
    vote(a, true, 1, 1, 0);
    credit(a, false, List.of(2., 2., 1., 1., 1., 2.), List.of(TWO, TWO, ONE, ONE, ONE, TWO));
    // B: misnumbered, and the box does not hold the last result.
    Rollout b = rollout("p1", 1, "2. 10+5=15\n\n2. 15+3=18\n\n\\boxed{17}", 10, "stop");
    judge(b, 0);
    critique(b, List.of(2), List.of());
    vote(b, true, 0, 0, 1);
    credit(
        b,
        false,
        List.of(-1., -1., -1., -1., 0., 0., 0., -1., -1., -1.),
        List.of(
            MINUS_ONE, MINUS_ONE, MINUS_ONE, MINUS_ONE, ZERO, ZERO, ZERO, MINUS_ONE, MINUS_ONE,
            MINUS_ONE));
    // C: cut inside its second step, alone in its group.
    Rollout c = rollout("p2", 0, "1. 10+5=15\n\n2. 1", 4, "length");
    judge(c, 0);
    critique(c, List.of(), List.of());
    vote(c, true, 0, 0);
    credit(c, true, List.of(0., 0., 0., 0.), List.of(0., 0., 0., 0.));
    // D: answers without working; flagged by less than half.
    Rollout d = rollout("p3", 0, "\\boxed{18}", 2, "stop");
    judge(d, 0);
    critique(d, List.of(0), null);
    vote(d, true, 0.4);
    credit(d, false, List.of(0., -1.), List.of(1., -1.));
    // E: no critique could be read, so it is out of the loss.
    Rollout e = rollout("p3", 1, "garbage", 2, "stop");
    judge(e, 0);
    critique(e, null, null);
    vote(e, false, 0);
    credit(e, false, List.of(0., 0.), List.of(5., 5.));
    credits.set(4, CreditedRollout.newBuilder(credits.get(4)).setInLoss(false).build());
    verdicts.set(3, Verdict.newBuilder(verdicts.get(3)).setMicros(250_000).build());
    verdicts.set(4, Verdict.newBuilder(verdicts.get(4)).setMicros(250_001).build());
  }

  @Test
  void every_figure_is_as_worked_out_by_hand() {
    Map<String, Double> expected = new LinkedHashMap<>();
    expected.put("accuracy", 1 / 5.);
    expected.put("mean_reward", (1.5 - 0.7 + 0 - 0.5 + 0) / 5);
    expected.put("token_reward", (9 - 7 + 0 - 1 + 0) / 24.);
    expected.put("response_tokens", 24 / 5.);
    expected.put("steps_per_response", 10 / 5.);
    expected.put("tokens_per_step", 24 / 10.);
    expected.put("cut_share", 1 / 5.);
    expected.put("zero_spread_share", 1 / 3.);
    expected.put("excluded_share", 1 / 5.);
    expected.put("mean_advantage", (1.179323 - 0.707594 + 0 + 0) / 4);
    expected.put("length_reward_covariance", (-2.2 + 0) / 2);
    expected.put("positive_advantage_share_all_wrong", 1 / 6.);
    expected.put("flagged_share", 4 / 9.);
    expected.put("flagged_positive_share", 1.);
    expected.put("critic_agreement", (2 / 3. + 2 / 3. + 1) / 3);
    expected.put("critic_overlap", (1 / 2. + 0 + 1) / 3);
    expected.put("void_rate", 3 / 10.);
    expected.put("void_rate_right", 0.);
    expected.put("void_rate_wrong", 3 / 8.);
    expected.put("void_rate_short", 3 / 6.);
    expected.put("void_rate_long", 0.);
    expected.put("no_quorum_rate", 1 / 5.);
    expected.put("no_quorum_rate_right", 0.);
    expected.put("no_quorum_rate_wrong", 1 / 4.);
    expected.put("no_quorum_rate_short", 1 / 3.);
    expected.put("no_quorum_rate_long", 0.);
    expected.put("step_correctness", (0.5 + 1 + 0.5 + 0 + 0) / 5);
    expected.put("wrong_step_share", 6 / 10.);
    expected.put("misnumbered_share", 1 / 10.);
    expected.put("flawed_positive_share", 1.);
    expected.put("critic_precision", 2.4 / 3.4);
    expected.put("critic_recall", 2.4 / 6);
    expected.put("critic_f1", 4.8 / 9.4);
    expected.put("sampled_tokens", 24.);
    expected.put("critic_tokens", 100.);
    expected.put("critic_prompt_tokens", 1_000.);
    expected.put("critic_seconds", 0.01);
    expected.put("slow_verdicts", 1.);

    // Steps called wrong: 2 and 1 of 2 in A, 1 of 2 in B, 1 of 1 in D; six truly are.
    found(expected, "intersection", 2, 2);
    found(expected, "majority", 3, 4);
    found(expected, "strict_majority", 2, 2);
    found(expected, "union", 3, 4);
    found(expected, "average", 2.5, 3);

    Map<String, Double> figures = figures(rows());
    assertThat(figures.keySet()).containsExactlyElementsOf(expected.keySet());
    assertThat(figures.keySet())
        .startsWith(Arrays.stream(Figure.values()).map(Figure::label).toArray(String[]::new));
    expected.forEach(
        (name, value) -> assertThat(figures.get(name)).as(name).isCloseTo(value, within(1e-6)));
  }

  private static void found(
      Map<String, Double> expected, String rule, double found, double flagged) {
    expected.put("critic_precision_" + rule, found / flagged);
    expected.put("critic_recall_" + rule, found / 6);
    expected.put("critic_f1_" + rule, 2 * found / (flagged + 6));
  }

  @Test
  void a_groups_mean_advantage_is_minus_the_covariance_over_mean_length_and_deviation() {
    StoredIteration group =
        new StoredIteration(
            rollouts.subList(0, 2),
            verdicts.subList(0, 2),
            List.of(),
            List.of(),
            credits.subList(0, 2));
    Map<String, Double> figures = figures(group);
    assertThat(figures.get("mean_advantage")).isCloseTo(0.235865, within(1e-6));
    assertThat(-figures.get("length_reward_covariance") / (8 * Math.sqrt(1.359375)))
        .isCloseTo(0.235865, within(1e-6));
  }

  @Property(tries = 20)
  void the_order_of_rows_changes_nothing(@ForAll Random order) {
    Map<String, Double> figures = figures(rows());
    for (List<?> rows : List.of(rollouts, verdicts, critiques, votes, credits)) {
      Collections.shuffle(rows, order);
    }
    assertThat(figures(rows())).isEqualTo(figures);
  }

  /** To the last bit: a run's figures do not depend on its shards. */
  @Test
  void rows_may_be_added_problem_by_problem() {
    List<StoredIteration> parts =
        Stream.of("p3", "p1", "p2")
            .map(
                problem ->
                    new StoredIteration(
                        of(problem, rollouts, Rollout::getRolloutId),
                        of(problem, verdicts, Verdict::getRolloutId),
                        of(problem, critiques, Critique::getRolloutId),
                        of(problem, votes, StepVotes::getRolloutId),
                        of(problem, credits, CreditedRollout::getRolloutId)))
            .toList();
    assertThat(figures(parts.toArray(StoredIteration[]::new))).isEqualTo(figures(rows()));
  }

  private static <T> List<T> of(String problem, List<T> rows, Function<T, String> rolloutId) {
    return rows.stream().filter(row -> rolloutId.apply(row).contains("/" + problem + "/")).toList();
  }

  @Test
  void without_critics_their_figures_are_left_out_and_truth_stays() {
    StoredIteration rows = new StoredIteration(rollouts, verdicts, List.of(), List.of(), credits);
    assertThat(figures(rows))
        .containsOnlyKeys(
            "accuracy",
            "mean_reward",
            "token_reward",
            "response_tokens",
            "steps_per_response",
            "tokens_per_step",
            "cut_share",
            "zero_spread_share",
            "excluded_share",
            "mean_advantage",
            "length_reward_covariance",
            "positive_advantage_share_all_wrong",
            "step_correctness",
            "wrong_step_share",
            "misnumbered_share",
            "flawed_positive_share",
            "sampled_tokens",
            "slow_verdicts");
  }

  @Test
  void a_problem_that_only_borrows_a_sources_name_leaves_truth_out() {
    rollouts.replaceAll(
        rollout ->
            Rollout.newBuilder(rollout)
                .setProblem(Problem.newBuilder(rollout.getProblem()).setMetadata(Map.of()).build())
                .build());
    assertThat(figures(rows()))
        .containsEntry("accuracy", 1 / 5.)
        .containsKey("critic_agreement")
        .doesNotContainKeys("step_correctness", "wrong_step_share", "critic_f1", "critic_f1_union");
  }

  @Test
  void an_empty_iteration_has_counts_alone() {
    assertThat(figures(new StoredIteration(List.of(), List.of(), List.of(), List.of(), List.of())))
        .isEqualTo(Map.of("sampled_tokens", 0.0, "slow_verdicts", 0.0));
  }

  @Test
  void rows_that_do_not_belong_together_are_refused() {
    assertThatThrownBy(
            () ->
                figures(
                    new StoredIteration(
                        rollouts, verdicts.subList(1, 5), critiques, votes, credits)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rollout 00003/p1/000 has no verdict");
    verdicts.add(verdicts.get(0));
    assertThatThrownBy(() -> figures(rows()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("two rows of one kind for 00003/p1/000");
  }

  @Test
  void seconds_give_a_throughput_of_policy_and_critics_together_and_one_of_training() {
    assertThat(
            IterationFigures.withSeconds(
                Map.of("sampled_tokens", 24., "critic_tokens", 100.),
                Map.of("sample", 1.5, "critique", 0.5)))
        .isEqualTo(
            Map.of(
                "sampled_tokens", 24.,
                "critic_tokens", 100.,
                "seconds_sample", 1.5,
                "seconds_critique", 0.5,
                "tokens_per_second", 62.));
    assertThat(
            IterationFigures.withSeconds(
                Map.of("tokens", 300.), Map.of("train", 1.5, "dataflow", 0.5)))
        .isEqualTo(
            Map.of(
                "tokens", 300.,
                "seconds_train", 1.5,
                "seconds_dataflow", 0.5,
                "tokens_per_second", 0.,
                "train_tokens_per_second", 200.));
    assertThat(IterationFigures.withSeconds(Map.of("accuracy", 1.), Map.of()))
        .isEqualTo(Map.of("accuracy", 1.));
  }

  private static Map<String, Double> figures(StoredIteration... parts) {
    IterationFigures figures = new IterationFigures(SPLITTER);
    for (StoredIteration part : parts) {
      figures.add(part);
    }
    return figures.named();
  }

  private StoredIteration rows() {
    return new StoredIteration(rollouts, verdicts, critiques, votes, credits);
  }

  private Rollout rollout(
      String problemId, int sample, String response, int tokens, String finishReason) {
    int length = response.codePointCount(0, response.length());
    Rollout rollout =
        Rollout.newBuilder()
            .setRunId("run")
            .setIteration(3)
            .setProblem(
                Problem.newBuilder()
                    .setProblemId(problemId)
                    .setPrompt(List.of(new Message("user", "Start at 10. Add 5. Add 3.")))
                    .setAnswer("18")
                    .setSource("arithmetic")
                    .setMetadata(Map.of("start", "10", "operations", "+5,+3"))
                    .build())
            .setSampleIndex(sample)
            .setRolloutId(Keys.rolloutId(3, problemId, sample))
            .setPromptTokenIds(List.of(1))
            .setResponseTokenIds(Collections.nCopies(tokens, 7))
            .setResponse(response)
            .setTokenEnds(
                IntStream.rangeClosed(1, tokens)
                    .mapToObj(i -> Math.min(length, i * length / Math.max(1, tokens - 1)))
                    .toList())
            .setBehaviourLogprobs(Collections.nCopies(tokens, -1f))
            .setFinishReason(finishReason)
            .setPolicyVersion("v00003")
            .setTemperature(1)
            .setTopP(1)
            .setMaxNewTokens(16)
            .setSeed(1)
            .build();
    rollouts.add(rollout);
    return rollout;
  }

  private void judge(Rollout rollout, int outcome) {
    verdicts.add(
        Verdict.newBuilder()
            .setIteration(3)
            .setProblemId(rollout.getProblem().getProblemId())
            .setSampleIndex(rollout.getSampleIndex())
            .setRolloutId(rollout.getRolloutId())
            .setOutcome(outcome)
            .setReason("TEST")
            .setGoldType("integer")
            .setRoute("test")
            .setVerifier("test")
            .setOptionsDigest("")
            .setMicros(1)
            .build());
  }

  /** Two critiques; one that names no list is void. */
  private void critique(Rollout rollout, List<Integer> first, List<Integer> second) {
    int index = 0;
    for (List<Integer> wrong : Arrays.asList(first, second)) {
      critiques.add(
          Critique.newBuilder()
              .setIteration(3)
              .setProblemId(rollout.getProblem().getProblemId())
              .setSampleIndex(rollout.getSampleIndex())
              .setRolloutId(rollout.getRolloutId())
              .setCritiqueIndex(index++)
              .setCritic("test")
              .setPromptTemplate("test")
              .setText("")
              .setWrongSteps(wrong == null ? List.of() : wrong)
              .setDroppedIndices(0)
              .setVoidReason(wrong == null ? "NO_STEP_LIST" : null)
              .setPromptTokens(100)
              .setTokens(10)
              .setFinishReason("stop")
              .setMillis(1)
              .setSeed(1)
              .build());
    }
  }

  private void vote(Rollout rollout, boolean quorum, double... weights) {
    List<StepVote> steps =
        IntStream.range(0, weights.length)
            .mapToObj(i -> new StepVote(i, 0, 1, 0, 1, 0, 2, weights[i]))
            .toList();
    votes.add(
        StepVotes.newBuilder()
            .setIteration(3)
            .setProblemId(rollout.getProblem().getProblemId())
            .setSampleIndex(rollout.getSampleIndex())
            .setRolloutId(rollout.getRolloutId())
            .setSteps(steps)
            .setRule("test")
            .setCritiques(2)
            .setValidCritiques(quorum ? 2 : 0)
            .setQuorum(quorum)
            .setYesJudgments(0)
            .setNoJudgments(0)
            .build());
  }

  private void credit(
      Rollout rollout, boolean zeroSpread, List<Double> rewards, List<Double> advantages) {
    credits.add(
        CreditedRollout.newBuilder()
            .setIteration(3)
            .setProblemId(rollout.getProblem().getProblemId())
            .setSampleIndex(rollout.getSampleIndex())
            .setRolloutId(rollout.getRolloutId())
            .setPromptTokens(1)
            .setResponseTokens(rollout.getResponseTokenIds().size())
            .setFinishReason(rollout.getFinishReason())
            .setOutcome(0)
            .setRewards(rewards)
            .setAdvantages(advantages)
            .setInLoss(true)
            .setScheme("test")
            .setGroupSize(2)
            .setGroupMean(0)
            .setGroupStd(1)
            .setZeroSpread(zeroSpread)
            .build());
  }
}

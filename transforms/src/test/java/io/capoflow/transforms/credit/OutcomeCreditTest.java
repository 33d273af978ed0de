package io.capoflow.transforms.credit;

import static io.capoflow.transforms.TestRollouts.critique;
import static io.capoflow.transforms.TestRollouts.evidence;
import static io.capoflow.transforms.TestRollouts.stopped;
import static io.capoflow.transforms.TestRollouts.verdict;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.credit.CreditSettings.Normalisation;
import io.capoflow.transforms.vote.StepVoting;
import io.capoflow.transforms.vote.VotingRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OutcomeCreditTest {
  private static final CreditSettings SETTINGS = new CreditSettings(2, 1, Normalisation.TOKEN, 0);

  @Test
  void grpoAgreesWithTheMethodsVector() {
    List<CreditedRollout> credited = assign("grpo", 1, 0);

    assertThat(credited.get(0).getRewards()).containsExactly(1.0, 1.0);
    assertThat(credited.get(1).getRewards()).containsExactly(0.0, 0.0);
    assertThat(Math.round(credited.get(0).getAdvantages().get(0) * 1e6)).isEqualTo(999_998);
    assertThat(Math.round(credited.get(1).getAdvantages().get(1) * 1e6)).isEqualTo(-999_998);
    assertThat(credited.get(0).getGroupStd()).isEqualTo(0.5);
  }

  @Test
  void grpoWeighsResponsesAlikeHoweverLong() {
    CreditScheme grpo = CreditSchemes.named("grpo");
    List<CreditedRollout> credited =
        grpo.assign(
            List.of(bare(stopped(0, "a", "b", "c", "d"), 1), bare(stopped(1), 0)), SETTINGS);
    assertThat(credited.get(0).getGroupMean()).isEqualTo(0.5);
    assertThat(credited.get(0).getAdvantages()).hasSize(5);
  }

  @Test
  void drGrpoLeavesTheDeviationOut() {
    assertThat(advantages(assign("dr_grpo", 1, 0, 0, 0)))
        .containsExactly(0.75, -0.25, -0.25, -0.25);
  }

  @Test
  void rlooComparesWithTheOthers() {
    List<Double> advantages = advantages(assign("rloo", 1, 0, 0, 1));
    assertThat(advantages.get(0)).isCloseTo(1 - 1.0 / 3, offset(1e-15));
    assertThat(advantages.get(1)).isCloseTo(0 - 2.0 / 3, offset(1e-15));
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpo", "dr_grpo", "rloo"})
  void equalOutcomesGiveNoAdvantage(String scheme) {
    for (int outcome : new int[] {0, 1}) {
      List<CreditedRollout> credited = assign(scheme, outcome, outcome, outcome);
      assertThat(advantages(credited)).containsOnly(0.0);
      assertThat(credited).allMatch(CreditedRollout::getZeroSpread);
      assertThat(credited).allMatch(CreditedRollout::getInLoss);
    }
    assertThat(advantages(assign(scheme, 1))).containsExactly(0.0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpo", "dr_grpo", "rloo"})
  void votesAreNotNeeded(String scheme) {
    assertThat(CreditSchemes.named(scheme).needsVotes()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"3, 1, 1.0", "2, 2, 0.0", "1, 3, 0.0", "4, 0, 1.0"})
  void genOrmTakesTheCriticsMajorityAndCallsATieWrong(int yes, int no, double reward) {
    Rollout rollout = stopped(0, "a");
    CreditedRollout credited =
        CreditSchemes.named("gen_orm")
            .assign(List.of(judged(rollout, yes, no, 0)), SETTINGS)
            .get(0);

    assertThat(credited.getRewards()).containsExactly(reward, reward);
    assertThat(credited.getOutcome()).isZero();
  }

  @Test
  void genOrmLeavesOutWhatNobodyJudged() {
    List<CreditedRollout> credited =
        CreditSchemes.named("gen_orm")
            .assign(
                List.of(
                    judged(stopped(0, "a"), 0, 0, 4),
                    judged(stopped(1, "a"), 1, 0, 0),
                    judged(stopped(2, "a"), 4, 0, 0),
                    judged(stopped(3, "a"), 0, 4, 0)),
                SETTINGS);

    assertThat(credited)
        .extracting(CreditedRollout::getExclusionReason)
        .containsExactly("NO_JUDGMENT", "NO_QUORUM", null, null);
    assertThat(credited)
        .extracting(CreditedRollout::getInLoss)
        .containsExactly(false, false, true, true);
    assertThat(credited).extracting(CreditedRollout::getGroupMean).containsOnly(0.5);
    assertThat(credited.get(0).getAdvantages()).containsOnly(0.0);
  }

  @Test
  void aValidCritiqueWithoutAJudgmentCountsNeitherWayInGenOrm() {
    Rollout rollout = stopped(0, "a");
    assertThat(
            CreditSchemes.named("gen_orm")
                .assign(
                    List.of(judged(rollout, 1, 0, 3), judged(stopped(1, "a"), 0, 1, 3)), SETTINGS)
                .stream()
                .map(credited -> credited.getRewards().get(0)))
        .containsExactly(1.0, 0.0);
  }

  @Test
  void genOrmCallsAnEmptyAnswerWrong() {
    CreditedRollout credited =
        CreditSchemes.named("gen_orm")
            .assign(List.of(judged(stopped(0), 0, 0, 0)), SETTINGS)
            .get(0);
    assertThat(credited.getInLoss()).isTrue();
    assertThat(credited.getRewards()).containsExactly(0.0);
  }

  @Test
  void theFormatRewardNeedsOneFinalBox() {
    assertThat(AnswerForm.isOneFinalBox("a\n\n\\boxed{\\frac{1}{2}}")).isTrue();
    assertThat(AnswerForm.isOneFinalBox("$\\boxed{\\}}$. ")).isTrue();
    assertThat(AnswerForm.isOneFinalBox("\\[\\boxed{4}\\]")).isTrue();
    assertThat(AnswerForm.isOneFinalBox("\\boxed{4} apples")).isFalse();
    assertThat(AnswerForm.isOneFinalBox("\\boxed{4} \\boxed{4}")).isFalse();
    assertThat(AnswerForm.isOneFinalBox("\\boxed{ }")).isFalse();
    assertThat(AnswerForm.isOneFinalBox("\\boxed{4")).isFalse();
    assertThat(AnswerForm.isOneFinalBox("\\boxed{4\\")).isFalse();
    assertThat(AnswerForm.isOneFinalBox("4")).isFalse();
  }

  @Test
  void anUnknownSchemeGuessesTheOneMeant() {
    assertThatThrownBy(() -> CreditSchemes.named("Grpo "))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "unknown credit scheme 'Grpo '; did you mean 'grpo'? known: capo, dr_grpo,"
                + " first_error, gen_orm, grpo, rloo");
  }

  @Test
  void anOutcomeThatIsNeitherRightNorWrongIsRefused() {
    assertThatThrownBy(() -> assign("grpo", 1, 2)).isInstanceOf(IllegalArgumentException.class);
  }

  private static List<CreditedRollout> assign(String scheme, int... outcomes) {
    List<Evidence> group =
        IntStream.range(0, outcomes.length)
            .mapToObj(i -> bare(stopped(i, "a"), outcomes[i]))
            .toList();
    return CreditSchemes.named(scheme).assign(group, SETTINGS);
  }

  private static List<Double> advantages(List<CreditedRollout> credited) {
    return credited.stream().map(rollout -> rollout.getAdvantages().get(0)).toList();
  }

  private static Evidence bare(Rollout rollout, int outcome) {
    return new Evidence(rollout, verdict(rollout, outcome), Optional.empty());
  }

  private static Evidence judged(Rollout rollout, int yes, int no, int silent) {
    List<io.capoflow.schemas.Critique> critiques = new ArrayList<>();
    for (int index = 0; index < yes + no + silent; index++) {
      Optional<String> judgment =
          index < yes
              ? Optional.of("yes")
              : index < yes + no ? Optional.of("no") : Optional.empty();
      critiques.add(critique(rollout, index, judgment, Optional.empty(), List.of()));
    }
    return evidence(
        rollout,
        0,
        StepVoting.vote(
            rollout, critiques, VotingRules.named("majority"), new BlankLineSplitter(), 4));
  }
}

package io.capoflow.transforms.credit;

import static io.capoflow.transforms.TestRollouts.critique;
import static io.capoflow.transforms.TestRollouts.cut;
import static io.capoflow.transforms.TestRollouts.evidence;
import static io.capoflow.transforms.TestRollouts.stopped;
import static io.capoflow.transforms.TestRollouts.verdict;
import static io.capoflow.transforms.TestRollouts.voided;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVote;
import io.capoflow.schemas.StepVotes;
import io.capoflow.transforms.credit.CreditSettings.Normalisation;
import io.capoflow.transforms.vote.StepVoting;
import io.capoflow.transforms.vote.VotingRules;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CapoCreditTest {
  private static final CreditSettings PAPER = settings(Normalisation.TOKEN);
  private final CapoCredit capo = new CapoCredit();

  /**
   * The worked example of docs/method.md: end-of-sequence and separators left aside, so votes are
   * built by hand.
   */
  private static List<Evidence> vector() {
    return List.of(
        bare(0, 1, new int[] {2, 3, 1}, List.of(1)),
        bare(1, 0, new int[] {4, 3, 3}, List.of(0, 2)));
  }

  @Test
  void agreesWithTheMethodsVectorToThePrintedDigits() {
    List<CreditedRollout> credited = capo.assign(vector(), PAPER);

    CreditedRollout a = credited.get(0);
    CreditedRollout b = credited.get(1);
    assertThat(a.getRewards()).containsExactly(2.0, 2.0, 1.0, 1.0, 1.0, 2.0);
    assertThat(b.getRewards())
        .containsExactly(-1.0, -1.0, -1.0, -1.0, 0.0, 0.0, 0.0, -1.0, -1.0, -1.0);
    assertThat(a.getGroupMean()).isEqualTo(0.125);
    assertThat(a.getGroupStd()).isEqualTo(Math.sqrt(1.359375));
    assertThat(rounded(a.getAdvantages()))
        .containsExactly(1.608167, 1.608167, 0.750478, 0.750478, 0.750478, 1.608167);
    assertThat(rounded(b.getAdvantages()))
        .containsExactly(
            -0.9649, -0.9649, -0.9649, -0.9649, -0.107211, -0.107211, -0.107211, -0.9649, -0.9649,
            -0.9649);
    assertThat(sum(a.getAdvantages()) + sum(b.getAdvantages())).isCloseTo(0, within(1e-12));
    assertThat(round(mean(a.getAdvantages()))).isEqualTo(1.179323);
    assertThat(round(mean(b.getAdvantages()))).isEqualTo(-0.707594);
    assertThat(round((mean(a.getAdvantages()) + mean(b.getAdvantages())) / 2)).isEqualTo(0.235865);
    assertThat(credited).allMatch(CreditedRollout::getInLoss);
    assertThat(credited).noneMatch(CreditedRollout::getZeroSpread);
  }

  @Test
  void thereAreFourTiersAndOnlyTokensOfWrongStepsLose() {
    // right: "a" "\n\n" "b" eos, step 1 wrong; wrong: the same, step 0 wrong.
    Rollout right = stopped(0, "a", "\n\n", "b");
    Rollout wrong = stopped(1, "a", "\n\n", "b");
    List<CreditedRollout> credited =
        capo.assign(List.of(evidence(right, 1, 1), evidence(wrong, 0, 0)), PAPER);

    // The separator and the end-of-sequence token carry the outcome alone.
    assertThat(credited.get(0).getRewards()).containsExactly(2.0, 2.0, 1.0, 2.0);
    assertThat(credited.get(1).getRewards()).containsExactly(-1.0, 0.0, 0.0, 0.0);
    // By hand: ΣR = 6, ΣR² = 14, N = 8, μ = 0.75, σ² = 1.75 - 0.5625 = 1.1875.
    assertThat(credited.get(0).getGroupMean()).isEqualTo(0.75);
    assertThat(credited.get(0).getGroupStd()).isCloseTo(Math.sqrt(1.1875), offset(1e-15));
    double scale = Math.sqrt(1.1875) + 1e-6;
    assertThat(credited.get(0).getAdvantages())
        .containsExactly(1.25 / scale, 1.25 / scale, 0.25 / scale, 1.25 / scale);
    assertThat(credited.get(1).getAdvantages())
        .containsExactly(-1.75 / scale, -0.75 / scale, -0.75 / scale, -0.75 / scale);
  }

  @Test
  void averageTakesItsShareOfTheProcessWeight() {
    Rollout rollout = stopped(0, "a", "\n\n", "b");
    StepVotes votes =
        StepVoting.vote(
            rollout,
            List.of(
                critique(rollout, 0, 0),
                critique(rollout, 1),
                critique(rollout, 2),
                critique(rollout, 3)),
            VotingRules.named("average"),
            new BlankLineSplitter(),
            4);

    assertThat(capo.assign(List.of(evidence(rollout, 1, votes)), PAPER).get(0).getRewards())
        .containsExactly(1.75, 2.0, 2.0, 2.0);
  }

  @Test
  void theUnfinishedStepOfACutResponseIsNotPenalised() {
    Rollout rollout = cut(0, "a", "\n\n", "b");
    assertThat(capo.assign(List.of(evidence(rollout, 0, 0, 1)), PAPER).get(0).getRewards())
        .containsExactly(-1.0, 0.0, 0.0);
  }

  @Test
  void equalRewardsGiveNoAdvantageHoweverTheyRound() {
    CreditSettings awkward = new CreditSettings(0.3, 0.1, Normalisation.TOKEN, 0);
    List<CreditedRollout> credited =
        capo.assign(
            List.of(
                evidence(stopped(0, "a"), 1),
                evidence(stopped(1, "b", "c"), 1),
                evidence(stopped(2, "b", "c"), 1)),
            awkward);

    assertThat(credited).allMatch(CreditedRollout::getZeroSpread);
    assertThat(credited).flatExtracting(CreditedRollout::getAdvantages).containsOnly(0.0);
    assertThat(credited).extracting(CreditedRollout::getGroupMean).containsOnly(0.3);
    assertThat(credited).extracting(CreditedRollout::getGroupStd).containsOnly(0.0);
    assertThat(credited).allMatch(CreditedRollout::getInLoss);
  }

  @Test
  void aRolloutWithoutAQuorumIsKeptMarkedAndCountsNowhere() {
    Rollout unread = stopped(0, "a", "\n\n", "b");
    StepVotes none =
        StepVoting.vote(
            unread,
            List.of(voided(unread, 0)),
            VotingRules.named("majority"),
            new BlankLineSplitter(),
            1);
    List<Evidence> others =
        List.of(evidence(stopped(1, "a", "b"), 1, 0), evidence(stopped(2, "a"), 0));
    List<Evidence> all = new ArrayList<>(List.of(evidence(unread, 1, none)));
    all.addAll(others);

    List<CreditedRollout> credited = capo.assign(all, PAPER);

    assertThat(credited.get(0).getInLoss()).isFalse();
    assertThat(credited.get(0).getExclusionReason()).isEqualTo("NO_QUORUM");
    assertThat(credited.get(0).getRewards()).containsExactly(2.0, 2.0, 2.0, 2.0);
    assertThat(credited.get(0).getAdvantages()).containsExactly(0.0, 0.0, 0.0, 0.0);
    assertThat(credited.get(0).getGroupSize()).isEqualTo(3);
    List<CreditedRollout> without = capo.assign(others, PAPER);
    for (int i = 0; i < 2; i++) {
      assertThat(credited.get(i + 1).getAdvantages()).isEqualTo(without.get(i).getAdvantages());
      assertThat(credited.get(i + 1).getInLoss()).isTrue();
    }
  }

  @Test
  void endOfSequenceAloneEarnsTheOutcome() {
    List<CreditedRollout> credited =
        capo.assign(List.of(evidence(stopped(0), 0), evidence(stopped(1, "a"), 1)), PAPER);
    assertThat(credited.get(0).getRewards()).containsExactly(0.0);
    assertThat(credited.get(0).getAdvantages().get(0)).isNegative();
    assertThat(credited.get(0).getInLoss()).isTrue();
  }

  @Test
  void aResponseWithoutTokensIsLeftOut() {
    List<CreditedRollout> credited =
        capo.assign(List.of(evidence(cut(0), 0), evidence(stopped(1, "a"), 1)), PAPER);
    assertThat(credited.get(0).getInLoss()).isFalse();
    assertThat(credited.get(0).getExclusionReason()).isEqualTo("EMPTY_RESPONSE");
    assertThat(credited.get(0).getRewards()).isEmpty();
    assertThat(credited.get(1).getZeroSpread()).isTrue();
  }

  @Test
  void lengthWeightedAdvantagesHaveZeroMeanUnderTheLoss() {
    List<CreditedRollout> credited = capo.assign(vector(), settings(Normalisation.LENGTH_WEIGHTED));
    CreditedRollout a = credited.get(0);
    CreditedRollout b = credited.get(1);

    // By hand: per-response means 9/6 and -7/10, μ = 0.4; per-response means of R²: 15/6 and 7/10,
    // σ² = 1.6 - 0.16 = 1.44.
    assertThat(a.getGroupMean()).isCloseTo(0.4, offset(1e-15));
    assertThat(a.getGroupStd()).isCloseTo(1.2, offset(1e-15));
    assertThat(a.getAdvantages().get(0)).isCloseTo(1.6 / 1.200001, offset(1e-12));
    assertThat(b.getAdvantages().get(0)).isCloseTo(-1.4 / 1.200001, offset(1e-12));
    assertThat(mean(a.getAdvantages()) + mean(b.getAdvantages())).isCloseTo(0, within(1e-12));
  }

  @Test
  void splitNormalisesOutcomeAndProcessApart() {
    List<CreditedRollout> credited = capo.assign(vector(), settings(Normalisation.SPLIT));

    // By hand: outcomes 2 and 0: ±1 / (1 + 1e-6). Penalised tokens: 10 of 16, mean -0.625,
    // σ = sqrt(0.625 · 0.375).
    double outcome = 1 / (1 + 1e-6);
    double deviation = Math.sqrt(0.625 * 0.375) + 1e-6;
    double clean = 0.5 * 0.625 / deviation;
    double flagged = 0.5 * -0.375 / deviation;
    assertThat(credited.get(0).getAdvantages().get(0)).isCloseTo(outcome + clean, offset(1e-12));
    assertThat(credited.get(0).getAdvantages().get(2)).isCloseTo(outcome + flagged, offset(1e-12));
    assertThat(credited.get(1).getAdvantages().get(0)).isCloseTo(-outcome + flagged, offset(1e-12));
    assertThat(credited.get(1).getAdvantages().get(4)).isCloseTo(-outcome + clean, offset(1e-12));
  }

  @Test
  void splitWeighsResponsesAlikeInTheOutcomeAndTokensAlikeInTheProcess() {
    // Outcomes 2, 0, 0, once a response however long: mean 2/3, σ = sqrt(4/3 - 4/9).
    List<Evidence> group =
        List.of(
            bare(0, 1, new int[] {9}, List.of()),
            bare(1, 0, new int[] {1}, List.of(0)),
            bare(2, 0, new int[] {1}, List.of()));
    List<CreditedRollout> credited = capo.assign(group, settings(Normalisation.SPLIT));
    double deviation = Math.sqrt(4.0 / 3 - 4.0 / 9) + 1e-6;
    // Penalties: one of 11 tokens loses 1.
    double share = 1.0 / 11;
    double process = Math.sqrt(share * (1 - share)) + 1e-6;
    assertThat(credited.get(0).getAdvantages().get(0))
        .isCloseTo(4.0 / 3 / deviation + 0.5 * share / process, offset(1e-12));
    assertThat(credited.get(1).getAdvantages().get(0))
        .isCloseTo(-2.0 / 3 / deviation + 0.5 * (share - 1) / process, offset(1e-12));
  }

  @Test
  void aPartOfASplitWithoutSpreadIsNothing() {
    List<CreditedRollout> credited =
        capo.assign(
            List.of(
                bare(0, 1, new int[] {1, 1}, List.of(1)), bare(1, 1, new int[] {1, 1}, List.of())),
            settings(Normalisation.SPLIT));
    double process = Math.sqrt(0.25 * 0.75) + 1e-6;
    assertThat(credited.get(0).getAdvantages().get(1)).isCloseTo(-0.375 / process, offset(1e-12));
    assertThat(credited.get(1).getAdvantages().get(1)).isCloseTo(0.125 / process, offset(1e-12));

    List<CreditedRollout> outcomeOnly =
        capo.assign(
            List.of(bare(0, 1, new int[] {2}, List.of()), bare(1, 0, new int[] {3}, List.of())),
            settings(Normalisation.SPLIT));
    assertThat(outcomeOnly.get(0).getAdvantages()).containsOnly(1 / (1 + 1e-6));
  }

  @Test
  void whatIsLeftOutCountsInNeitherPartOfASplit() {
    Rollout unread = stopped(9, "a", "\n\n", "b");
    StepVotes none =
        StepVoting.vote(
            unread,
            List.of(voided(unread, 0)),
            VotingRules.named("majority"),
            new BlankLineSplitter(),
            1);
    List<Evidence> all = new ArrayList<>(vector());
    all.add(evidence(unread, 1, none));
    CreditSettings split = settings(Normalisation.SPLIT);

    List<CreditedRollout> with = capo.assign(all, split);
    List<CreditedRollout> without = capo.assign(vector(), split);

    for (int i = 0; i < without.size(); i++) {
      assertThat(with.get(i).getAdvantages()).isEqualTo(without.get(i).getAdvantages());
    }
    assertThat(with.get(2).getAdvantages()).containsOnly(0.0);
  }

  @Test
  void theFormatRewardIsATermOfItsOwn() {
    CreditSettings settings = new CreditSettings(2, 1, Normalisation.TOKEN, 0.25);
    List<CreditedRollout> credited =
        capo.assign(
            List.of(
                evidence(stopped(0, "a", "\n\n", "\\boxed{", "4", "}"), 1, 0),
                evidence(stopped(1, "a"), 0, 0)),
            settings);
    assertThat(credited.get(0).getRewards()).containsExactly(1.25, 2.25, 2.25, 2.25, 2.25, 2.25);
    assertThat(credited.get(1).getRewards()).containsExactly(-1.0, 0.0);
  }

  @Test
  void votesAreNeeded() {
    Rollout rollout = stopped(0, "a");
    List<Evidence> group = List.of(new Evidence(rollout, verdict(rollout, 1), Optional.empty()));
    assertThatThrownBy(() -> capo.assign(group, PAPER))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(rollout.getRolloutId());
  }

  private static CreditSettings settings(Normalisation normalisation) {
    return new CreditSettings(2, 1, normalisation, 0);
  }

  /** A rollout of steps of these lengths, without end-of-sequence and separator tokens. */
  static Evidence bare(int sampleIndex, int outcome, int[] lengths, List<Integer> wrong) {
    int tokens = java.util.Arrays.stream(lengths).sum();
    Rollout rollout = cut(sampleIndex, Collections.nCopies(tokens, "x").toArray(String[]::new));
    List<StepVote> steps = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < lengths.length; i++) {
      int flagged = wrong.contains(i) ? 1 : 0;
      steps.add(
          new StepVote(
              i,
              start,
              start + lengths[i],
              start,
              start + lengths[i],
              flagged,
              1,
              (double) flagged));
      start += lengths[i];
    }
    StepVotes votes =
        StepVotes.newBuilder()
            .setIteration(rollout.getIteration())
            .setProblemId("p")
            .setSampleIndex(sampleIndex)
            .setRolloutId(rollout.getRolloutId())
            .setSteps(steps)
            .setRule("majority")
            .setCritiques(1)
            .setValidCritiques(1)
            .setQuorum(true)
            .setYesJudgments(0)
            .setNoJudgments(0)
            .build();
    return evidence(rollout, outcome, votes);
  }

  private static List<Double> rounded(List<Double> values) {
    return values.stream().map(CapoCreditTest::round).toList();
  }

  private static double round(double value) {
    return Math.round(value * 1e6) / 1e6;
  }

  private static double sum(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).sum();
  }

  private static double mean(List<Double> values) {
    return sum(values) / values.size();
  }
}

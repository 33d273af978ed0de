package io.capoflow.transforms.vote;

import static io.capoflow.transforms.TestRollouts.critique;
import static io.capoflow.transforms.TestRollouts.cut;
import static io.capoflow.transforms.TestRollouts.stopped;
import static io.capoflow.transforms.TestRollouts.voided;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVote;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.TwoOrders;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class StepVotingTest {
  private static final Rollout TWO_STEPS = stopped(5, "a", "b", "\n\n", "c");

  @Test
  void countsTheWrongVotesOfEachStepAndKeepsItsSpans() {
    StepVotes votes =
        vote(
            TWO_STEPS,
            "majority",
            4,
            critique(TWO_STEPS, 0, 1),
            critique(TWO_STEPS, 1, 0, 1),
            critique(TWO_STEPS, 2),
            voided(TWO_STEPS, 3));

    assertThat(votes)
        .isEqualTo(
            StepVotes.newBuilder()
                .setIteration(3)
                .setProblemId("p")
                .setSampleIndex(5)
                .setRolloutId("00003/p/005")
                .setSteps(
                    List.of(
                        new StepVote(0, 0, 2, 0, 2, 1, 3, 0.0),
                        new StepVote(1, 4, 5, 3, 4, 2, 3, 1.0)))
                .setRule("majority")
                .setCritiques(4)
                .setValidCritiques(3)
                .setQuorum(true)
                .setYesJudgments(0)
                .setNoJudgments(0)
                .build());
  }

  @Test
  void aTieFlagsUnderMajorityAndClearsUnderStrictMajority() {
    Critique[] tie = {
      critique(TWO_STEPS, 0, 1), critique(TWO_STEPS, 1, 1),
      critique(TWO_STEPS, 2), critique(TWO_STEPS, 3)
    };
    assertThat(weights(vote(TWO_STEPS, "majority", 4, tie))).containsExactly(0.0, 1.0);
    assertThat(weights(vote(TWO_STEPS, "strict_majority", 4, tie))).containsExactly(0.0, 0.0);
    assertThat(weights(vote(TWO_STEPS, "average", 4, tie))).containsExactly(0.0, 0.5);
  }

  @Test
  void voidCritiquesAbstainSoThatIntersectionIsOverTheOthers() {
    assertThat(
            weights(
                vote(
                    TWO_STEPS,
                    "intersection",
                    4,
                    critique(TWO_STEPS, 0, 1),
                    voided(TWO_STEPS, 1),
                    critique(TWO_STEPS, 2, 1),
                    voided(TWO_STEPS, 3))))
        .containsExactly(0.0, 1.0);
  }

  @Test
  void fewerThanHalfValidIsNoQuorumAndHalfIs() {
    StepVotes one =
        vote(
            TWO_STEPS,
            "union",
            4,
            critique(TWO_STEPS, 0, 1),
            voided(TWO_STEPS, 1),
            voided(TWO_STEPS, 2),
            voided(TWO_STEPS, 3));
    assertThat(one.getQuorum()).isFalse();
    assertThat(one.getSteps()).extracting(StepVote::getWrongVotes).containsExactly(0, 1);
    assertThat(weights(one)).containsExactly(0.0, 0.0);

    assertThat(quorum(4, 2)).isTrue();
    assertThat(quorum(5, 2)).isFalse();
    assertThat(quorum(5, 3)).isTrue();
    assertThat(quorum(1, 1)).isTrue();
    assertThat(quorum(1, 0)).isFalse();
    assertThat(quorum(2, 1)).isTrue();
    assertThat(quorum(3, 1)).isFalse();
  }

  @Test
  void missingCritiquesAbstain() {
    StepVotes votes = vote(TWO_STEPS, "union", 3, critique(TWO_STEPS, 2, 0));
    assertThat(votes.getValidCritiques()).isOne();
    assertThat(votes.getQuorum()).isFalse();
  }

  @Test
  void aResponseWithoutStepsHasItsQuorum() {
    Rollout empty = stopped(0);
    StepVotes votes = vote(empty, "majority", 4, voided(empty, 0));
    assertThat(votes.getSteps()).isEmpty();
    assertThat(votes.getQuorum()).isTrue();
  }

  @Test
  void theCutLastStepKeepsItsVotesAndLosesNothing() {
    Rollout rollout = cut(0, "a", "\n\n", "b");
    StepVotes votes = vote(rollout, "union", 1, critique(rollout, 0, 0, 1));

    assertThat(votes.getSteps()).extracting(StepVote::getWrongVotes).containsExactly(1, 1);
    assertThat(weights(votes)).containsExactly(1.0, 0.0);
  }

  @Test
  void judgmentsOfValidCritiquesAreCounted() {
    StepVotes votes =
        vote(
            TWO_STEPS,
            "union",
            4,
            judged(0, "yes", false),
            judged(1, "no", false),
            judged(2, "no", true),
            critique(TWO_STEPS, 3));
    assertThat(votes.getYesJudgments()).isOne();
    assertThat(votes.getNoJudgments()).isOne();
  }

  @Test
  void greedyTakesOneCritique() {
    assertThat(weights(vote(TWO_STEPS, "greedy", 1, critique(TWO_STEPS, 0, 0))))
        .containsExactly(1.0, 0.0);
    assertThatThrownBy(() -> vote(TWO_STEPS, "greedy", 4))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "voting rule 'greedy' takes one critique at temperature 0, not 4; ask for 1, or name"
                + " another rule");
  }

  @Test
  void critiquesThatDoNotBelongAreRefused() {
    Rollout other = stopped(6, "a");
    assertThatThrownBy(() -> vote(TWO_STEPS, "union", 1, critique(other, 0)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> vote(TWO_STEPS, "union", 2, critique(TWO_STEPS, 0), critique(TWO_STEPS, 0)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(
            () -> vote(TWO_STEPS, "union", 1, critique(TWO_STEPS, 0), critique(TWO_STEPS, 1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> vote(TWO_STEPS, "union", 1, critique(TWO_STEPS, 0, 2)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Property
  void theOrderOfCritiquesDoesNotMatter(
      @ForAll("critiquesInTwoOrders") TwoOrders<Critique> critiques, @ForAll("rules") String rule) {
    assertThat(vote(TWO_STEPS, rule, 5, critiques.other().toArray(Critique[]::new)))
        .isEqualTo(vote(TWO_STEPS, rule, 5, critiques.one().toArray(Critique[]::new)));
  }

  @Provide
  Arbitrary<String> rules() {
    return Arbitraries.of("intersection", "majority", "strict_majority", "union", "average");
  }

  @Provide
  Arbitrary<TwoOrders<Critique>> critiquesInTwoOrders() {
    Arbitrary<Optional<List<Integer>>> wrongSteps =
        Arbitraries.<List<Integer>>of(List.of(), List.of(0), List.of(1), List.of(0, 1))
            .optional(0.75);
    return TwoOrders.of(
        wrongSteps
            .list()
            .ofSize(5)
            .map(
                critiques ->
                    IntStream.range(0, critiques.size())
                        .mapToObj(index -> critiqueOf(index, critiques.get(index)))
                        .toList()));
  }

  private static Critique critiqueOf(int index, Optional<List<Integer>> wrongSteps) {
    return wrongSteps
        .map(steps -> critique(TWO_STEPS, index, steps.toArray(Integer[]::new)))
        .orElseGet(() -> voided(TWO_STEPS, index));
  }

  private static boolean quorum(int k, int valid) {
    List<Critique> critiques = new ArrayList<>();
    for (int index = 0; index < k; index++) {
      critiques.add(index < valid ? critique(TWO_STEPS, index) : voided(TWO_STEPS, index));
    }
    return vote(TWO_STEPS, "union", k, critiques.toArray(Critique[]::new)).getQuorum();
  }

  private static Critique judged(int index, String judgment, boolean isVoid) {
    return critique(
        TWO_STEPS,
        index,
        Optional.of(judgment),
        isVoid ? Optional.of("CUT") : Optional.empty(),
        List.of());
  }

  private static List<Double> weights(StepVotes votes) {
    return votes.getSteps().stream().map(StepVote::getWeight).toList();
  }

  private static StepVotes vote(Rollout rollout, String rule, int k, Critique... critiques) {
    return StepVoting.vote(
        rollout, List.of(critiques), VotingRules.named(rule), new BlankLineSplitter(), k);
  }
}

package io.capoflow.transforms.vote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class CritiqueNeedsTest {
  @Test
  void allBuiltInRulesButGreedyTakeAnyCritiques() {
    assertThat(VotingRules.OF_SAMPLED)
        .extracting(name -> VotingRules.named(name).needs())
        .containsOnly(CritiqueNeeds.any());
    assertThat(CritiqueNeeds.any().takes(1, 0)).isTrue();
    assertThat(CritiqueNeeds.any().takes(64, 1.5)).isTrue();
  }

  @Test
  void greedyTakesOneCritiqueWithoutChance() {
    CritiqueNeeds needs = VotingRules.greedy().needs();
    assertThat(needs.takes(1, 0)).isTrue();
    assertThat(needs.takes(1, 0.7)).isFalse();
    assertThat(needs.takes(2, 0)).isFalse();
    assertThat(needs.critiques()).isEqualTo("one critique");
    assertThat(needs.number()).isEqualTo("1");
  }

  @Test
  void aRuleOfSomeoneElseIsRefusedWhatItDoesNotTake() {
    VotingRule atLeastThree = needing(() -> CritiqueNeeds.atLeast(3));
    assertThatCode(() -> StepVoting.checkRule(atLeastThree, 3)).doesNotThrowAnyException();
    assertThatThrownBy(() -> StepVoting.checkRule(atLeastThree, 2))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "voting rule 'fussy' takes 3 or more critiques, not 2; ask for 3 or more, or name"
                + " another rule");
    VotingRule threeToFive = needing(() -> new CritiqueNeeds(3, 5, false));
    assertThatCode(() -> StepVoting.checkRule(threeToFive, 5)).doesNotThrowAnyException();
    assertThatThrownBy(() -> VoteOnSteps.by(threeToFive).withCritiques(6))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "voting rule 'fussy' takes 3 to 5 critiques, not 6; ask for 3 to 5, or name another"
                + " rule");
  }

  @Test
  void aRuleWithoutNeedsOrThatThrowsIsNamed() {
    assertThatThrownBy(() -> VotingRules.requireSound(needing(() -> null)))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "voting rule 'fussy' (%s in test-classes) gave null when asked which critiques it needs;"
                    .formatted(Fussy.class.getName())
                + " CritiqueNeeds.any() stands for any");
    assertThatThrownBy(() -> VotingRules.requireSound(needing(() -> CritiqueNeeds.atLeast(0))))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(
            "voting rule 'fussy' (%s in test-classes) threw java.lang.IllegalArgumentException: "
                .formatted(Fussy.class.getName()));
  }

  private static VotingRule needing(Supplier<CritiqueNeeds> needs) {
    return new Fussy(needs);
  }

  /** Not sent to any worker here, so its supplier need not be serializable. */
  @SuppressWarnings("serial")
  private record Fussy(Supplier<CritiqueNeeds> wanted) implements VotingRule {
    @Override
    public String name() {
      return "fussy";
    }

    @Override
    public double weight(int wrongVotes, int votes) {
      return wrongVotes == votes ? 1 : 0;
    }

    @Override
    public CritiqueNeeds needs() {
      return wanted.get();
    }
  }
}

package io.capoflow.transforms.vote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VotingRulesTest {
  @ParameterizedTest
  @CsvSource({
    // wrong votes, votes, intersection, majority, strict majority, union, average
    "0, 4, 0, 0, 0, 0, 0",
    "1, 4, 0, 0, 0, 1, 0.25",
    "2, 4, 0, 1, 0, 1, 0.5",
    "3, 4, 0, 1, 1, 1, 0.75",
    "4, 4, 1, 1, 1, 1, 1",
    "0, 1, 0, 0, 0, 0, 0",
    "1, 1, 1, 1, 1, 1, 1",
    "1, 2, 0, 1, 0, 1, 0.5",
    "1, 3, 0, 0, 0, 1, 0.3333333333333333",
    "2, 3, 0, 1, 1, 1, 0.6666666666666666",
  })
  void weighsAStep(
      int wrong,
      int votes,
      double intersection,
      double majority,
      double strictMajority,
      double union,
      double average) {
    assertThat(weight("intersection", wrong, votes)).isEqualTo(intersection);
    assertThat(weight("majority", wrong, votes)).isEqualTo(majority);
    assertThat(weight("strict_majority", wrong, votes)).isEqualTo(strictMajority);
    assertThat(weight("union", wrong, votes)).isEqualTo(union);
    assertThat(weight("average", wrong, votes)).isEqualTo(average);
  }

  @Test
  void anUnknownRuleGuessesTheOneMeant() {
    assertThatThrownBy(() -> VotingRules.named("majorty"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "unknown voting rule 'majorty'; did you mean 'majority'? known: average, greedy,"
                + " intersection, majority, strict_majority, two_thirds, union");
  }

  @Property
  void rulesAreOrderedAndUnanimousCriticsAgreeUnderAll(
      @ForAll @IntRange(max = 20) int wrong, @ForAll @IntRange(min = 1, max = 20) int votes) {
    Assume.that(wrong <= votes);

    assertThat(weight("intersection", wrong, votes))
        .isLessThanOrEqualTo(weight("strict_majority", wrong, votes));
    assertThat(weight("strict_majority", wrong, votes))
        .isLessThanOrEqualTo(weight("majority", wrong, votes));
    assertThat(weight("majority", wrong, votes)).isLessThanOrEqualTo(weight("union", wrong, votes));
    assertThat(weight("average", wrong, votes))
        .isBetween(weight("intersection", wrong, votes), weight("union", wrong, votes));
    for (String rule : new String[] {"intersection", "majority", "union", "average", "greedy"}) {
      assertThat(weight(rule, 0, votes)).isZero();
      assertThat(weight(rule, votes, votes)).isOne();
    }
  }

  private static double weight(String rule, int wrong, int votes) {
    return VotingRules.named(rule).weight(wrong, votes);
  }
}

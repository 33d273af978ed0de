package io.capoflow.transforms.describe;

import static io.capoflow.transforms.TestRollouts.critique;
import static io.capoflow.transforms.TestRollouts.stopped;
import static io.capoflow.transforms.TestRollouts.voided;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.capoflow.models.critic.CritiquePrompt;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.SourceColumn;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.StepLabels;
import io.capoflow.schemas.UserMistake;
import io.capoflow.schemas.Verdict;
import io.capoflow.schemas.VoteCount;
import io.capoflow.transforms.Rows;
import io.capoflow.transforms.vote.VotingRule;
import io.capoflow.transforms.vote.VotingRules;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RolloutDescriptionTest {
  static {
    RecordClasses.trust();
  }

  private static final Rollout ROLLOUT = stopped(5, "a", "b", "\n\n", "c");
  private static final Verdict RIGHT =
      Verdict.newBuilder(Rows.verdict(3, "p", 5, 1)).setExtracted("80").build();

  private final RolloutDescription description =
      description(List.of(critic("one", 2), critic("two", 2)), "majority", "union");

  @Test
  void saysWhatEachCriticAndAllTogetherCallWrong() {
    CritiquedRollout row =
        description.of(
            given(ROLLOUT, null, false),
            Optional.of(RIGHT),
            List.of(
                by("two", critique(ROLLOUT, 1, 1)),
                by("one", critique(ROLLOUT, 0)),
                by("two", critique(ROLLOUT, 0, 0, 1)),
                by("one", voided(ROLLOUT, 1))));

    assertThat(row.getSteps()).containsExactly("ab", "c");
    assertThat(row.getTruth()).containsExactly(null, false);
    assertThat(row.getOutcome()).isEqualTo(1);
    assertThat(row.getExtracted()).isEqualTo("80");
    assertThat(row.getAnswer()).isEqualTo("4");
    assertThat(row.getColumns()).containsExactly(new SourceColumn("score", "1"));
    assertThat(row.getCritiques())
        .extracting(
            StepCritique::getCritic, StepCritique::getCritiqueIndex, StepCritique::getWrongSteps)
        .containsExactly(
            tuple("one", 0, List.of()),
            tuple("one", 1, List.of()),
            tuple("two", 0, List.of(0, 1)),
            tuple("two", 1, List.of(1)));
    assertThat(row.getCritiques())
        .extracting(StepCritique::getPromptDigest)
        .containsOnly(row.getCritiques().get(0).getPromptDigest());
    assertThat(row.getVotes())
        .containsExactly(
            new VoteCount("one", 2, 1, true, 0, 0, List.of(0, 0)),
            new VoteCount("two", 2, 2, true, 0, 0, List.of(1, 2)),
            new VoteCount("all", 4, 3, true, 0, 0, List.of(1, 2)));
    assertThat(row.getLabels())
        .containsExactly(
            new StepLabels("one", "majority", List.of(0.0, 0.0)),
            new StepLabels("one", "union", List.of(0.0, 0.0)),
            new StepLabels("two", "majority", List.of(1.0, 1.0)),
            new StepLabels("two", "union", List.of(1.0, 1.0)),
            new StepLabels("all", "majority", List.of(0.0, 1.0)),
            new StepLabels("all", "union", List.of(1.0, 1.0)));
    assertThat(row.getRule()).isEqualTo("majority");
    assertThat(row.getWrongSteps()).containsExactly(1);
    // Of three valid critiques, one pair in three agrees on either step.
    assertThat(row.getAgreement()).isEqualTo(2.0 / 6);
  }

  @Test
  void withoutAQuorumNothingIsLabelled() {
    CritiquedRollout row =
        description.of(
            given(ROLLOUT),
            Optional.empty(),
            Stream.of("one", "two")
                .flatMap(critic -> Stream.of(0, 1).map(index -> by(critic, voided(ROLLOUT, index))))
                .toList());

    assertThat(row.getVotes()).extracting(VoteCount::getQuorum).containsOnly(false);
    assertThat(row.getLabels()).extracting(StepLabels::getWeights).containsOnly(List.of());
    assertThat(row.getWrongSteps()).isNull();
    assertThat(row.getAgreement()).isNull();
    assertThat(row.getTruth()).containsExactly(null, null);
    assertThat(row.getOutcome()).isNull();
  }

  @Test
  void anAnswerThatNobodyKnowsIsNone() {
    Rollout unknown =
        Rollout.newBuilder(ROLLOUT)
            .setProblem(Problem.newBuilder(ROLLOUT.getProblem()).setAnswer("").build())
            .build();

    assertThat(description.of(given(unknown), Optional.empty(), List.of()).getAnswer()).isNull();
  }

  @Test
  void aRuleThatCannotCountACriticsCritiquesIsPassedOverThere() {
    VotingRule greedy = VotingRules.greedy();
    RolloutDescription alone =
        new RolloutDescription(
            List.of(critic("one", 1)), List.of(greedy, VotingRules.union()), "blank_line", "test");

    assertThat(
            alone
                .of(given(ROLLOUT), Optional.empty(), List.of(by("one", critique(ROLLOUT, 0, 1))))
                .getLabels())
        .extracting(StepLabels::getRule)
        .containsExactly("greedy", "union", "greedy", "union");
    assertThatThrownBy(
            () ->
                new RolloutDescription(
                    List.of(critic("one", 1), critic("two", 1)),
                    List.of(greedy),
                    "blank_line",
                    "test"))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("voting rule 'greedy' takes one critique");
  }

  @Test
  void critiquesOfOthersAndTruthsOfOtherStepsAreRefused() {
    assertThatThrownBy(
            () ->
                description.of(
                    given(ROLLOUT), Optional.empty(), List.of(by("three", critique(ROLLOUT, 0)))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> description.of(given(ROLLOUT, true), Optional.empty(), List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("has 2 steps, and the truth of 1");
  }

  private static RolloutDescription description(List<AskedCritic> critics, String... rules) {
    return new RolloutDescription(
        critics, Stream.of(rules).map(VotingRules::named).toList(), "blank_line", "test");
  }

  private static AskedCritic critic(String identity, int times) {
    return new AskedCritic(identity, times, CritiquePrompt.of("capo"));
  }

  private static Critique by(String critic, Critique critique) {
    return Critique.newBuilder(critique).setCritic(critic).build();
  }

  private static GivenRollout given(Rollout rollout, Boolean... truth) {
    return GivenRollout.newBuilder()
        .setRolloutId(rollout.getRolloutId())
        .setProblemId("p")
        .setSourceId("s-1")
        .setLayout("rows")
        .setRollout(rollout)
        .setTruth(Arrays.asList(truth))
        .setColumns(List.of(new SourceColumn("score", "1")))
        .setSourceFile("rows.jsonl")
        .setSourceLine(1)
        .build();
  }
}

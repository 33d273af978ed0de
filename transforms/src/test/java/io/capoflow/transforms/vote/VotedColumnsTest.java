package io.capoflow.transforms.vote;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepSpan;
import io.capoflow.schemas.StepVotes;
import io.capoflow.transforms.TestRollouts;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VotedColumnsTest {
  static {
    RecordClasses.trust();
  }

  private static final Rollout STOPPED = TestRollouts.stopped(5, "a", "b", "\n\n", "c\u00e9");
  private static final Rollout CUT = TestRollouts.cut(0, "a", "\n\n", "b");

  @Test
  void aVoteIsTheSame() {
    Rollout given =
        Rollout.newBuilder(STOPPED)
            .setGivenSteps(List.of(new StepSpan(0, 1), new StepSpan(1, 2)))
            .build();
    for (Rollout rollout : List.of(STOPPED, CUT, given)) {
      List<Critique> critiques =
          List.of(
              TestRollouts.critique(rollout, 0, Optional.of("no"), Optional.empty(), List.of(0, 1)),
              TestRollouts.critique(rollout, 1, Optional.of("yes"), Optional.empty(), List.of()),
              TestRollouts.critique(rollout, 2, 0),
              TestRollouts.voided(rollout, 3));
      StepVotes whole = vote(rollout, critiques);
      assertThat(whole.getSteps()).hasSize(2);
      assertThat(vote(VotedColumns.of(rollout), critiques.stream().map(VotedColumns::of).toList()))
          .isEqualTo(whole);
    }
  }

  @Test
  void whatWasWrittenAndDrawnStaysBehind() {
    assertThat(STOPPED.getBehaviourLogprobs()).isNotEmpty();
    assertThat(VotedColumns.of(STOPPED).getBehaviourLogprobs()).isEmpty();
    assertThat(VotedColumns.of(STOPPED).getProblem().getPrompt()).isEmpty();
    Critique critique =
        Critique.newBuilder(TestRollouts.critique(STOPPED, 0))
            .setText("text")
            .setReasoning("reasoning")
            .setLogprobs(List.of(-1f))
            .build();
    assertThat(VotedColumns.of(critique).getText()).isEmpty();
    assertThat(VotedColumns.of(critique).getReasoning()).isNull();
    assertThat(VotedColumns.of(critique).getLogprobs()).isNull();
  }

  private static StepVotes vote(Rollout rollout, List<Critique> critiques) {
    return StepVoting.vote(
        rollout, critiques, VotingRules.named("majority"), new BlankLineSplitter(), 4);
  }
}

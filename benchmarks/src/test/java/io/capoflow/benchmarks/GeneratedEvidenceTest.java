package io.capoflow.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.transforms.vote.StepVoting;
import io.capoflow.transforms.vote.VotingRules;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class GeneratedEvidenceTest {
  private static final int PROBLEMS = 40;

  private final GeneratedEvidence evidence = new GeneratedEvidence(16, 4);

  @Test
  void theSameNumbersGiveTheSameRowsWhereverTheyAreDivided() {
    GeneratedEvidence.Rows whole = evidence.rows(0, PROBLEMS);
    GeneratedEvidence.Rows begin = evidence.rows(0, 7);
    GeneratedEvidence.Rows rest = evidence.rows(7, PROBLEMS);
    assertThat(whole.rollouts()).isEqualTo(joined(begin.rollouts(), rest.rollouts()));
    assertThat(whole.verdicts()).isEqualTo(joined(begin.verdicts(), rest.verdicts()));
    assertThat(whole.critiques()).isEqualTo(joined(begin.critiques(), rest.critiques()));
  }

  @Test
  void everyRolloutIsVotedOn() {
    GeneratedEvidence.Rows rows = evidence.rows(0, PROBLEMS);
    assertThat(rows.critiques()).hasSize(4 * rows.rollouts().size());
    int punished = 0;
    for (int index = 0; index < rows.rollouts().size(); index++) {
      Rollout rollout = rows.rollouts().get(index);
      List<Critique> critiques = rows.critiques().subList(4 * index, 4 * index + 4);
      StepVotes votes =
          StepVoting.vote(
              rollout, critiques, VotingRules.named("intersection"), new BlankLineSplitter(), 4);
      assertThat(votes.getSteps()).hasSizeGreaterThan(4);
      punished += votes.getSteps().stream().anyMatch(step -> step.getWeight() > 0) ? 1 : 0;
    }
    assertThat(punished).isBetween(rows.rollouts().size() / 8, rows.rollouts().size() / 2);
  }

  private static <T> List<T> joined(List<T> one, List<T> other) {
    List<T> all = new ArrayList<>(one);
    all.addAll(other);
    return all;
  }
}

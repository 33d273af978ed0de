package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.runners.TinyRun;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShowCommandTest {
  @TempDir private Path directory;

  @BeforeEach
  void writeARun() {
    TinyRun.in(directory).withIteration();
  }

  @Test
  void aRolloutIsShownStepByStepWithVotesRewardsAndAdvantages() {
    CliRun run = CliRun.of("show", "--run", directory, "--limit", 1);
    assertThat(run.lines())
        .containsExactly(
            "00000/train-000001/000  right: 10  policy v00000, 31 tokens, stop",
            "  question  Start at 7.\\u{1b}[2J Add 2. Add 1.",
            "  step 0   0/2 wrong  R  2.00  A +0.750  1. 7+2=9",
            "  step 1   2/2 wrong  R  1.00  A -0.250  2. 9+1=10",
            "  step 2   0/2 wrong  R  2.00  A +0.750  \\boxed{10}",
            "  vote: intersection of 2 critiques, 2 valid; judgments: 0 yes, 2 no",
            "  credit: capo, group of 2, mean 0.500, deviation 1.250",
            "",
            "iteration 0: 1 of 4 matching rollouts shown, 4 in all");
    assertThat(run.status()).isZero();
  }

  @Test
  void aRunOfAnOlderVersionIsShownAsItWas() throws IOException {
    Path older = directory.resolve("older");
    TinyRun.in(older).withIteration();
    String before = CliRun.of("show", "--run", older).out();
    TinyRun.in(older).withOlderCredits();
    assertThat(CliRun.of("show", "--run", older).out()).isEqualTo(before).contains("A -0.250");
  }

  @Test
  void onlyWrongAnswersAreShownOnDemand() {
    assertThat(CliRun.of("show", "--run", directory, "--wrong-only").lines())
        .contains(
            "00000/train-000001/001  wrong: 11, not 10 (WRONG\\u{7})  policy v00000, 31 tokens, stop",
            "iteration 0: 2 of 2 matching rollouts shown, 4 in all")
        .noneMatch(line -> line.contains("right:"));
  }

  @Test
  void rightAnswersWithAWrongStepAreShownOnDemand() {
    assertThat(
            CliRun.of("show", "--run", directory, "--flawed", "--problem", "train-000002").lines())
        .contains("iteration 0: 1 of 1 matching rollouts shown, 4 in all");
  }

  @Test
  void criticsWordsAreShownOnDemand() {
    assertThat(CliRun.of("show", "--run", directory, "--critiques", "--limit", 1).lines())
        .contains(
            "  critique 0  wrong steps [1]  step 1 slips",
            "  critique 1  wrong steps [1]  step 1 slips");
  }

  @Test
  void anIterationThatIsNotThereIsAMistake() {
    CliRun run = CliRun.of("show", "--run", directory, "--iteration", 3);
    assertThat(run.errors())
        .isEqualTo("capoflow: --iteration 3: " + directory + " has complete iterations 0 to 0\n");
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void aProblemThatIsNotThereIsAMistake() {
    CliRun run = CliRun.of("show", "--run", directory, "--problem", "train-9");
    assertThat(run.errors())
        .isEqualTo(
            "capoflow: --problem train-9: iteration 0 has no such problem; its first is"
                + " train-000001\n");
  }
}

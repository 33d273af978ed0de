package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.runners.TinyRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiffCommandTest {
  @TempDir private Path directory;
  private Path first;
  private Path second;

  @BeforeEach
  void nameTheRuns() {
    first = directory.resolve("first");
    second = directory.resolve("second");
  }

  @Test
  void runsWithTheSameContentAreEqual() {
    TinyRun.in(first).withPolicy(0, 2).withIteration().withPolicy(1, 3);
    TinyRun.in(second).withPolicy(0, 2).withIteration().withPolicy(1, 3);
    CliRun run = CliRun.of("diff", first, second);
    assertThat(run.out()).isEqualTo("equal: 7 digests as recorded\n");
    assertThat(run.status()).isZero();
  }

  @Test
  void theFirstFieldThatDiffersIsNamedWithBothValues() {
    TinyRun.in(first).withIteration(List.of("p1", "p2"), 0.75);
    TinyRun.in(second).withIteration(List.of("p1", "p2"), 0.5);
    CliRun run = CliRun.of("diff", first, second);
    assertThat(run.lines())
        .containsExactly(
            "different: iterations/00000/credits, row 00000/p1/000",
            "  field   advantages[0]",
            "  " + first + ": 0.75",
            "  " + second + ": 0.5");
    assertThat(run.status()).isEqualTo(1);
  }

  @Test
  void aRowThatOnlyOneRunHasIsNamed() {
    TinyRun.in(first).withIteration(List.of("p1", "p2"), 0.75);
    TinyRun.in(second).withIteration(List.of("p1", "p3"), 0.75);
    assertThat(CliRun.of("diff", first, second).lines())
        .containsExactly(
            "different: iterations/00000/rollouts, row 00000/p2/000: only in the first run");
  }

  @Test
  void additionalRowsAreNamed() {
    TinyRun.in(first).withIteration(List.of("p1"), 0.75);
    TinyRun.in(second).withIteration(List.of("p1", "p2"), 0.75);
    assertThat(CliRun.of("diff", first, second).lines())
        .containsExactly(
            "different: iterations/00000/rollouts, row 00000/p2/000: only in the second run");
  }

  @Test
  void rowsWithIdsThatNobodyHereWroteAreShownEscaped() {
    TinyRun.in(first).withIteration(List.of("p\u001b[2J"), 0.75);
    TinyRun.in(second).withIteration(List.of("p\u001b[2J", "p\u001b[3J"), 0.75);
    assertThat(CliRun.of("diff", first, second).lines())
        .containsExactly(
            "different: iterations/00000/rollouts, row 00000/p\\u{1b}[3J/000: only in the second"
                + " run");
  }

  @Test
  void fieldsWithNamesThatNobodyHereWroteAreShownEscaped() {
    TinyRun.in(first).withMetadata(Map.of("title\u001b[2J", "a")).withIteration();
    TinyRun.in(second).withMetadata(Map.of("title\u001b[2J", "b\n")).withIteration();
    assertThat(CliRun.of("diff", first, second).lines())
        .containsExactly(
            "different: iterations/00000/rollouts, row 00000/train-000001/000",
            "  field   problem.metadata.title\\u{1b}[2J",
            "  " + first + ": a",
            "  " + second + ": b\\n");
  }

  @Test
  void creditsOfAnOlderVersionAreComparedByTheColumnsThatBothHave() throws IOException {
    TinyRun.in(first).withPolicy(0, 2).withIteration().withOlderCredits().withPolicy(1, 3);
    TinyRun.in(second).withPolicy(0, 2).withIteration().withPolicy(1, 3);
    CliRun run = CliRun.of("diff", first, second);
    assertThat(run.out())
        .isEqualTo(
            "equal: 6 digests as recorded; equal in the columns that both have, since another version wrote"
                + " one of them: iterations/00000/credits\n");
    assertThat(run.status()).isZero();
  }

  @Test
  void creditsOfAnOlderVersionThatDifferAreNamedByField() throws IOException {
    TinyRun.in(first).withIteration(List.of("p1"), 0.75).withOlderCredits();
    TinyRun.in(second).withIteration(List.of("p1"), 0.5);
    CliRun run = CliRun.of("diff", first, second);
    assertThat(run.lines())
        .startsWith(
            "different: iterations/00000/credits, row 00000/p1/000", "  field   advantages[0]");
    assertThat(run.status()).isEqualTo(1);
  }

  @Test
  void aTensorThatDiffersIsNamedBeforeWhatWasSampledFromIt() {
    TinyRun.in(first).withPolicy(0, 2).withIteration(List.of("p1"), 0.75);
    TinyRun.in(second).withPolicy(0, 4).withIteration(List.of("p2"), 0.75);
    assertThat(CliRun.of("diff", first, second).lines())
        .containsExactly(
            "different: policy/v00000, model.safetensors, tensor weight",
            "  field   element 1",
            "  " + first + ": 2.0",
            "  " + second + ": 4.0");
  }

  @Test
  void aRunThatGoesFurtherIsDifferent() {
    TinyRun.in(first).withPolicy(0, 2).withIteration().withPolicy(1, 3);
    TinyRun.in(second).withPolicy(0, 2).withIteration();
    CliRun run = CliRun.of("diff", first, second);
    assertThat(run.lines()).containsExactly("different: policy/v00001: only in the first run");
    assertThat(run.status()).isEqualTo(1);
  }

  @Test
  void whatIsNoRunIsAMistake() {
    TinyRun.in(first).withIteration();
    CliRun run = CliRun.of("diff", first, directory);
    assertThat(run.errors())
        .isEqualTo(
            "capoflow: "
                + directory
                + " is no run: it has neither recipe.yaml nor iterations; name a directory that"
                + " capoflow train made\n");
    assertThat(run.status()).isEqualTo(2);
  }
}

package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.capoflow.models.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shipped policy, measured on a file of which one row of two cannot be used. */
final class EvaluateCommandTest {
  private static final Path POLICY =
      Path.of(System.getProperty("capoflow.home"), "weights", "arithmetic-policy");

  @TempDir private Path directory;
  private Path problems;

  @BeforeEach
  void writeProblems() throws IOException {
    problems = directory.resolve("problems.jsonl");
    Files.writeString(
        problems,
        """
        {"question": "Start at 7. Add 2. Add 1.", "answer": "#### 10"}
        {"question": "Start at 3. Add 4.", "answer": "seven"}
        """);
  }

  @Test
  void rowsThatCannotBeUsedAreCountedAndTheFirstIsExplained() {
    CliRun run = evaluate("--max-rejected-share", "0.5");
    assertThat(run.errors()).isEmpty();
    assertThat(run.status()).isZero();
    assertThat(run.lines().subList(0, 2))
        .containsExactly(
            problems
                + ": 1 rows rejected; the first, on line 2, MISSING_FIELD: answer: has no line"
                + " \"#### …\" with the final answer",
            POLICY + ": 1 problems, greedily and with 1 samples each");
  }

  @Test
  void jsonCountsTheRowsThatCannotBeUsed() throws IOException {
    CliRun run = evaluate("--max-rejected-share", "0.5", "--json");
    assertThat(run.errors()).isEmpty();
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.get("problems").asInt()).isEqualTo(1);
    assertThat(json.get("rejected").asInt()).isEqualTo(1);
    assertThat(json.get("accuracy").isNumber()).isTrue();
  }

  @Test
  void moreBadRowsThanAllowedAreAMistakeThatNamesTheFlag() {
    CliRun run = evaluate();
    assertThat(run.out()).isEmpty();
    assertThat(run.errors())
        .startsWith(
            "capoflow: "
                + problems
                + ": 1 of 2 rows cannot be used, more than --max-rejected-share 0.05 allows; the"
                + " first, on line 2, MISSING_FIELD")
        .hasLineCount(1);
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void aShareThatIsNoneIsAMistake() {
    CliRun run = evaluate("--max-rejected-share", "5");
    assertThat(run.errors())
        .isEqualTo("capoflow: --max-rejected-share 5.0: expects a number from 0 to 1\n");
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void numericsThatThisProcessCannotHaveAnyMoreAreAMistake() {
    Torch.engine();
    CliRun run = evaluate("--max-rejected-share", "0.5", "--numerics", "portable");
    assertThat(run.errors())
        .startsWith("capoflow: torch.numerics: portable is asked for, but this process has loaded")
        .hasLineCount(1);
    assertThat(run.status()).isEqualTo(2);
  }

  private CliRun evaluate(String... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "evaluate",
                "--policy",
                POLICY,
                "--problems",
                problems,
                "--samples",
                1,
                "--runner",
                "DIRECT"));
    arguments.addAll(List.of(more));
    return CliRun.of(arguments.toArray());
  }
}

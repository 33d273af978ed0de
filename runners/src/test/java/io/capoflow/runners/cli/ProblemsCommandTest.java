package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RejectedProblem;
import io.capoflow.transforms.storage.ParquetRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProblemsCommandTest {
  @TempDir private Path directory;

  @Test
  void theSameSeedGeneratesTheSameProblemsAndFewerAreTheBeginning() {
    Path few = directory.resolve("new/few.parquet");
    Path many = directory.resolve("many.parquet");
    assertThat(generate(3, few).out()).isEqualTo("3 problems in " + few + "\n");
    assertThat(generate(5, many).status()).isZero();
    assertThat(ParquetRows.read(many, Problem.class).subList(0, 3))
        .isEqualTo(ParquetRows.read(few, Problem.class));
  }

  @Test
  void importedRowsThatCannotBeUsedAreKeptApartWithLineAndReason() throws IOException {
    Path input = directory.resolve("in.jsonl");
    Files.writeString(
        input,
        """
        {"question": "What is 2+2?", "answer": "2+2=4\\n#### 4"}
        {"question": "What is 3+3?", "answer": "six"}
        """);
    Path output = directory.resolve("out.parquet");
    CliRun run =
        CliRun.of(
            "problems",
            "import",
            "--input",
            input,
            "--output",
            output,
            "--max-rejected-share",
            "0.5");
    assertThat(run.status()).isZero();
    Path rejected = directory.resolve("problems-rejected.parquet");
    assertThat(run.lines())
        .containsExactly("1 rows rejected, with reasons in " + rejected, "1 problems in " + output);
    assertThat(ParquetRows.read(output, Problem.class))
        .singleElement()
        .extracting(Problem::getAnswer)
        .isEqualTo("4");
    assertThat(ParquetRows.read(rejected, RejectedProblem.class))
        .singleElement()
        .extracting(RejectedProblem::getLine, RejectedProblem::getReason)
        .containsExactly(2L, "MISSING_FIELD");
  }

  @Test
  void goldsAreCheckedByTheOptionsThatWillJudge() throws IOException {
    Path input = directory.resolve("in.jsonl");
    Files.writeString(input, "{\"question\": \"What is 2^10?\", \"answer\": \"#### 2^{10}\"}\n");
    Path output = directory.resolve("out.parquet");
    assertThat(importing(input, output).status()).isZero();
    CliRun literal = importing(input, output, "--literal-only");
    assertThat(literal.status()).isEqualTo(2);
    assertThat(
            ParquetRows.read(directory.resolve("problems-rejected.parquet"), RejectedProblem.class))
        .singleElement()
        .extracting(RejectedProblem::getReason)
        .isEqualTo("GOLD_UNVERIFIED");
  }

  private static CliRun importing(Path input, Path output, String... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("problems", "import", "--input", input, "--output", output));
    arguments.addAll(List.of(more));
    return CliRun.of(arguments.toArray());
  }

  private static CliRun generate(int count, Path output) {
    return CliRun.of("problems", "generate", "--count", count, "--seed", 5, "--output", output);
  }
}

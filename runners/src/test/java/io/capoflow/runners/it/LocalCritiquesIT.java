package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.capoflow.pipelines.critiques.DatasetCheck;
import io.capoflow.runners.diff.DatasetComparison;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.schemas.Json;
import io.capoflow.worlds.arithmetic.ArithmeticLessons;
import io.capoflow.worlds.lessons.Lesson;
import io.capoflow.worlds.lessons.Lessons;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Datasets of critiques by the shipped critic, which runs in the process. */
final class LocalCritiquesIT {
  private static final int ROWS = 96;

  @TempDir private static Path directory;
  private static Path rows;
  private static Path first;

  @BeforeAll
  static void buildOnFlink() throws IOException {
    Lessons solutions = ArithmeticLessons.policy(789, 1);
    rows =
        Files.write(
            directory.resolve("sums.jsonl"),
            IntStream.range(0, ROWS).mapToObj(i -> line(i, solutions.at(i))).toList());
    first = directory.resolve("flink-2");
    critique(first, Map.of(), "--parallelism", "2");
  }

  private static String line(int index, Lesson solution) {
    try {
      return Json.ONE_LINE.writeValueAsString(
          Map.of(
              "id",
              "sum-" + index,
              "problem",
              solution.prompt().get(solution.prompt().size() - 1).getContent(),
              "response",
              solution.completion()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Ended run(Path output, Map<String, String> environment, String... flags) {
    List<Object> arguments = new ArrayList<>(List.of("critique", "--rollouts", rows));
    arguments.addAll(
        List.of("--recipe", SmallExperiment.home().resolve("recipes").resolve("arithmetic.yaml")));
    arguments.addAll(List.of("--output", output, "--set", "critique.times=2"));
    arguments.addAll(List.of(flags));
    return CliProcess.run(directory, environment, arguments.toArray());
  }

  private static void critique(Path output, Map<String, String> environment, String... flags) {
    Ended ended = run(output, environment, flags);
    assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
  }

  @ParameterizedTest
  @CsvSource({"flink, 1", "direct, 2"})
  void contentIsTheSameOnEveryRunnerAndParallelism(String runner, String parallelism) {
    Path output = directory.resolve(runner + "-" + parallelism);

    critique(output, Map.of(), "--runner", runner, "--parallelism", parallelism);

    assertThat(DatasetComparison.between(first, output).result().first()).isEmpty();
    assertThat(new DatasetCheck(output, bytes -> {}).look().isWhole()).isTrue();
  }

  @Test
  void killedItGoesOnAndEndsAsIfItHadNotBeen() {
    Path output = directory.resolve("killed");
    assertThat(run(output, Map.of("CAPOFLOW_FAULT", "critique/after-commit:2")).status())
        .isEqualTo(137);

    critique(output, Map.of());

    assertThat(DatasetComparison.between(first, output).result().first()).isEmpty();
    Ended anew = CliProcess.run(directory, Map.of(), "critique", "--output", output, "--rebuild");
    assertThat(anew.status()).as(String.join("\n", anew.lines())).isZero();
    assertThat(anew.lines()).contains("equal: rollouts, critiques, votes, dataset, made anew");
  }
}

package io.capoflow.pipelines.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RejectedProblem;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.ParquetRows;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunProblemsTest {
  @TempDir Path folder;
  private RunDirectory run;

  @BeforeEach
  void makeRunDirectory() throws IOException {
    run = RunDirectory.at(Files.createDirectories(folder.resolve("run")));
  }

  @Test
  void generated_problems_are_kept_and_are_those_of_their_own_seed() throws IOException {
    RunProblems problems = RunProblems.of(run, recipe("problems.train=100", "problems.held_out=7"));
    assertThat(problems.train()).hasSize(100);
    assertThat(problems.heldOut()).hasSize(7);
    assertThat(problems.rejected()).isZero();
    problems.keep(run);
    RunDirectory other = RunDirectory.at(Files.createDirectories(folder.resolve("other")));
    assertThat(RunProblems.of(other, recipe("problems.train=100", "problems.held_out=7", "seed=5")))
        .as("the run's seed does not matter")
        .isEqualTo(problems);
    assertThat(RunProblems.of(run, recipe("problems.train=200", "problems.seed=9")))
        .as("what a run began with stays")
        .isEqualTo(problems);
  }

  @Test
  void a_file_is_split_and_its_bad_rows_are_kept() throws IOException {
    Path file = gsm8k("all.jsonl", 0, 99, "{broken");
    RunProblems problems =
        RunProblems.of(
            run, recipe("problems.source=file", "problems.file=" + file, "problems.held_out=10"));
    assertThat(problems.train()).hasSize(89);
    assertThat(problems.heldOut()).hasSize(10).doesNotContainAnyElementsOf(problems.train());
    assertThat(problems.rejected()).isEqualTo(1);
    problems.keep(run);
    Files.delete(file);
    assertThat(
            RunProblems.of(
                run,
                recipe("problems.source=file", "problems.file=" + file, "problems.held_out=10")))
        .as("the file is not needed again")
        .isEqualTo(problems);
  }

  @Test
  void a_training_row_that_repeats_a_held_out_question_is_rejected() throws IOException {
    Path heldOut = gsm8k("test.jsonl", 95, 105);
    Path train = gsm8k("train.jsonl", 0, 100);
    RunProblems problems =
        RunProblems.of(
            run,
            recipe(
                "problems.source=file",
                "problems.file=" + train,
                "problems.held_out_file=" + heldOut));
    assertThat(problems.heldOut()).hasSize(10);
    assertThat(problems.train())
        .extracting(Problem::getProblemId)
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, 95)
                .mapToObj(line -> String.format("train-%06d", line))
                .toList());
    assertThat(ParquetRows.read(run.rejectedProblems(), RejectedProblem.class))
        .extracting(RejectedProblem::getLine)
        .containsExactly(96L, 97L, 98L, 99L, 100L);
  }

  @Test
  void bad_rows_that_stop_a_run_are_written_down_first() throws IOException {
    Path file = gsm8k("bad.jsonl", 0, 50, "{", "[]", "{}");
    assertThatThrownBy(
            () -> RunProblems.of(run, recipe("problems.source=file", "problems.file=" + file)))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(file + ": 3 of 53 rows cannot be used");
    assertThat(ParquetRows.read(run.rejectedProblems(), RejectedProblem.class))
        .extracting(RejectedProblem::getLine)
        .containsExactly(51L, 52L, 53L);
  }

  private Path gsm8k(String name, int from, int to, String... more) throws IOException {
    List<String> lines =
        IntStream.range(from, to)
            .mapToObj(
                i -> "{\"question\": \"What is %d?\", \"answer\": \"#### %d\"}".formatted(i, i))
            .collect(Collectors.toList());
    lines.addAll(Arrays.asList(more));
    return Files.write(folder.resolve(name), lines);
  }

  private TrainingRecipe recipe(String... settings) throws IOException {
    Path file = Files.writeString(folder.resolve("recipe.yaml"), "policy: {path: weights/p}\n");
    return RecipeBinder.of(TrainingRecipe.class, folder)
        .read(file, Arrays.stream(settings).map(Setting::parse).toList())
        .settings();
  }
}

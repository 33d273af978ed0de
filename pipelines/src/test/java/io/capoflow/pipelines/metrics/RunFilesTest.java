package io.capoflow.pipelines.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.capoflow.pipelines.evaluation.EvaluationFigures;
import io.capoflow.pipelines.evaluation.EvaluationFigures.Responses;
import io.capoflow.schemas.IterationMetrics;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFilesTest {
  @TempDir Path folder;

  @Test
  void metrics_are_ordered_and_recording_again_replaces() throws IOException {
    Path file = folder.resolve("metrics.parquet");
    MetricsFile metrics = new MetricsFile(file, "run");
    assertThat(metrics.rows()).isEmpty();
    metrics.record(1, "v00001", Map.of("loss", 0.5, "accuracy", 0.25));
    metrics.recordHeldOut(0, "v00000", Map.of("accuracy", 0.4));
    metrics.record(1, "v00001", Map.of("accuracy", 0.75));
    assertThat(new MetricsFile(file, "other").rows())
        .containsExactly(
            new IterationMetrics("run", 0, "v00000", "held_out_accuracy", 0.4),
            new IterationMetrics("run", 1, "v00001", "accuracy", 0.75),
            new IterationMetrics("run", 1, "v00001", "loss", 0.5));
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(file);
    }
  }

  @Test
  void metrics_are_read_once_and_kept() throws IOException {
    Path file = folder.resolve("metrics.parquet");
    new MetricsFile(file, "run").record(0, "v00000", Map.of("accuracy", 0.25));
    MetricsFile metrics = new MetricsFile(file, "run");
    IterationMetrics first = new IterationMetrics("run", 0, "v00000", "accuracy", 0.25);
    assertThat(metrics.rows()).containsExactly(first);
    Files.delete(file);
    assertThat(metrics.rows()).containsExactly(first);
    metrics.record(1, "v00001", Map.of("accuracy", 0.5));
    IterationMetrics second = new IterationMetrics("run", 1, "v00001", "accuracy", 0.5);
    assertThat(metrics.rows()).containsExactly(first, second);
    assertThat(new MetricsFile(file, "run").rows()).containsExactly(first, second);
  }

  @Test
  void a_summary_has_the_promised_fields_and_reads_back() throws IOException {
    Path file = folder.resolve("summary.json");
    RunSummary summary =
        RunSummary.of(
            new EvaluationFigures(
                500,
                new Responses(0.415, Optional.of(0.75), Optional.of(0.14)),
                new Responses(0.295, Optional.of(0.7), Optional.of(0.2)),
                50),
            new EvaluationFigures(
                500,
                new Responses(0.79, Optional.of(0.87), Optional.empty()),
                new Responses(0.6, Optional.of(0.8), Optional.of(0.05)),
                51),
            12,
            301.5,
            Map.of("sample", 20.5, "critique", 100.0),
            Map.of("policy/v00001", "ab", "iterations/00000/rollouts", "cd"),
            3);
    summary.write(file);
    assertThat(
            new ObjectMapper()
                .readValue(file.toFile(), new TypeReference<Map<String, Object>>() {}))
        .containsOnlyKeys(
            "accuracy_before",
            "accuracy_after",
            "greedy_step_correctness_before",
            "greedy_step_correctness_after",
            "greedy_flawed_positive_share_before",
            "greedy_flawed_positive_share_after",
            "pass_rate_before",
            "pass_rate_after",
            "sampled_step_correctness_before",
            "sampled_step_correctness_after",
            "sampled_flawed_positive_share_before",
            "sampled_flawed_positive_share_after",
            "iterations",
            "wall_seconds",
            "seconds_by_stage",
            "digests",
            "rejected_problems",
            "checksum")
        .containsEntry("accuracy_before", 0.415)
        .containsEntry("accuracy_after", 0.79)
        .containsEntry("pass_rate_before", 0.295)
        .containsEntry("pass_rate_after", 0.6)
        .containsEntry("greedy_step_correctness_before", 0.75)
        .containsEntry("greedy_step_correctness_after", 0.87)
        .containsEntry("greedy_flawed_positive_share_before", 0.14)
        .containsEntry("greedy_flawed_positive_share_after", null)
        .containsEntry("sampled_step_correctness_before", 0.7)
        .containsEntry("sampled_step_correctness_after", 0.8)
        .containsEntry("sampled_flawed_positive_share_before", 0.2)
        .containsEntry("sampled_flawed_positive_share_after", 0.05)
        .containsEntry("iterations", 12)
        .containsEntry("wall_seconds", 301.5)
        .containsEntry("seconds_by_stage", Map.of("sample", 20.5, "critique", 100.0))
        .containsEntry("digests", Map.of("policy/v00001", "ab", "iterations/00000/rollouts", "cd"))
        .containsEntry("rejected_problems", 3);
    assertThat(RunSummary.read(file)).isEqualTo(summary);
  }

  @Test
  void a_summary_of_older_code_keeps_what_its_figures_meant() throws IOException {
    Path file = folder.resolve("summary.json");
    Files.writeString(
        file,
        """
        {"accuracy_before": 0.408, "accuracy_after": 0.864, "pass_rate_before": 0.271,
         "pass_rate_after": 0.675, "step_correctness_before": 0.827,
         "step_correctness_after": 0.958, "flawed_positive_share_after": 0.037,
         "iterations": 12, "wall_seconds": 99.0, "seconds_by_stage": {}, "digests": {},
         "rejected_problems": 0}
        """);
    RunSummary summary = RunSummary.read(file);
    assertThat(summary.greedyBefore())
        .isEqualTo(new Responses(0.408, Optional.of(0.827), Optional.empty()));
    assertThat(summary.greedyAfter())
        .isEqualTo(new Responses(0.864, Optional.of(0.958), Optional.empty()));
    assertThat(summary.sampledBefore())
        .isEqualTo(new Responses(0.271, Optional.empty(), Optional.empty()));
    assertThat(summary.sampledAfter())
        .isEqualTo(new Responses(0.675, Optional.empty(), Optional.of(0.037)));
  }

  @Test
  void a_summary_that_lacks_a_figure_is_refused_and_never_read_as_0() throws IOException {
    Path file = folder.resolve("summary.json");
    Files.writeString(file, "{\"accuracy_before\": 0.4, \"iterations\": 12}");
    assertThatThrownBy(() -> RunSummary.read(file))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            file
                + " has no number accuracy_after: delete it, and run the training on to have it"
                + " written anew");
  }

  @Test
  void held_out_figures_of_older_code_keep_what_they_meant() {
    EvaluationFigures figures =
        EvaluationFigures.ofNamed(
            Map.of(
                "problems", 500.0,
                "accuracy", 0.864,
                "pass_rate", 0.675,
                "step_correctness", 0.958,
                "flawed_positive_share", 0.037,
                "mean_tokens", 54.5));
    assertThat(figures)
        .isEqualTo(
            new EvaluationFigures(
                500,
                new Responses(0.864, Optional.of(0.958), Optional.empty()),
                new Responses(0.675, Optional.empty(), Optional.of(0.037)),
                54.5));
    assertThat(EvaluationFigures.ofNamed(figures.named())).isEqualTo(figures);
  }

  @Test
  void figures_have_names_of_their_own() {
    assertThat(List.of(Figure.values())).extracting(Figure::label).doesNotHaveDuplicates();
  }
}

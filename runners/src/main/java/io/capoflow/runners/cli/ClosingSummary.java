package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.evaluation.EvaluationFigures.Responses;
import io.capoflow.pipelines.metrics.RunSummary;
import io.capoflow.runners.logging.Logs;
import io.capoflow.runners.terminal.DuckDbAddress;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.runners.terminal.Terminal.Style;
import io.capoflow.schemas.Locations;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/** The last lines of a finished run: what came of it, where it is, what to try next. */
final class ClosingSummary {
  private final Terminal terminal;
  private final Path recipe;
  private final Path run;

  ClosingSummary(Terminal terminal, Path recipe, Path run) {
    this.terminal = requireNonNull(terminal, "terminal");
    this.recipe = requireNonNull(recipe, "recipe");
    this.run = requireNonNull(run, "run");
  }

  void print(RunSummary summary) {
    terminal.line("");
    terminal.line(
        terminal.styled(
            String.format(Locale.ROOT, "%-26s %8s %8s", "held-out problems", "before", "after"),
            Style.BOLD));
    changes("greedy", "accuracy", summary.greedyBefore(), summary.greedyAfter());
    changes("sampled", "pass rate", summary.sampledBefore(), summary.sampledAfter());
    terminal.line(
        String.format(
            Locale.ROOT,
            "%d iterations in %.0f s: %s",
            summary.iterations(),
            summary.wallSeconds(),
            summary.secondsByStage().entrySet().stream()
                .map(
                    stage ->
                        String.format(Locale.ROOT, "%s %.0f", stage.getKey(), stage.getValue()))
                .collect(Collectors.joining(", "))));
    if (summary.rejectedProblems() > 0) {
      terminal.line(
          summary.rejectedProblems() + " problems were rejected: see problems-rejected.parquet");
    }
    String directory = ShellWords.join(java.util.List.of(run.toString()));
    line(
        "files",
        directory
            + " (summary.json, metrics.parquet, policy/, iterations/"
            + (Locations.isLocal(run) ? ", capoflow.log)" : "), log " + Logs.file()));
    DuckDbAddress.of(run.resolve("metrics.parquet"))
        .ifPresent(
            metrics ->
                line(
                    "query",
                    "duckdb -c \"SELECT iteration, value FROM '"
                        + metrics
                        + "' WHERE name = 'accuracy' ORDER BY 1\""));
    line("next", "capoflow show --run " + directory + " --flawed");
    line(
        "",
        "capoflow train "
            + ShellWords.join(java.util.List.of(recipe.toString()))
            + " --run "
            + directory
            + " --iterations "
            + 2 * summary.iterations());
  }

  private void changes(String decoding, String rightShare, Responses before, Responses after) {
    change(
        decoding + " " + rightShare,
        Optional.of(before.rightShare()),
        Optional.of(after.rightShare()));
    change(decoding + " step correctness", before.stepCorrectness(), after.stepCorrectness());
    change(
        decoding + " flawed positives", before.flawedPositiveShare(), after.flawedPositiveShare());
  }

  private void change(String name, Optional<Double> before, Optional<Double> after) {
    if (before.isEmpty() && after.isEmpty()) {
      return;
    }
    String gain =
        before.isPresent() && after.isPresent()
            ? String.format(Locale.ROOT, "  %+.3f", after.get() - before.get())
            : "";
    terminal.line(
        String.format(Locale.ROOT, "  %-24s %8s %8s%s", name, figure(before), figure(after), gain));
  }

  private void line(String label, String text) {
    terminal.line(
        terminal.styled(String.format(Locale.ROOT, "%-6s", label), Style.CYAN)
            + Terminal.safe(text));
  }

  private static String figure(Optional<Double> value) {
    return value.map(known -> String.format(Locale.ROOT, "%.3f", known)).orElse("-");
  }
}

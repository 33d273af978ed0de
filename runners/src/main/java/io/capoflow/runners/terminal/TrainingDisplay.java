package io.capoflow.runners.terminal;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.training.TrainingEvent;
import io.capoflow.pipelines.training.TrainingObserver;
import io.capoflow.runners.terminal.Table.Alignment;
import io.capoflow.runners.terminal.Table.Column;
import io.capoflow.runners.terminal.Terminal.Style;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Shows a training run while it works: a line an iteration, and inside it a bar of the stage that
 * is on. Where lines cannot be rewritten, the bar is left out. Thread-safe.
 */
public final class TrainingDisplay implements TrainingObserver {
  private static final int LINES_BETWEEN_HEADERS = 20;

  private static final List<Column<TrainingEvent.IterationFinished>> COLUMNS =
      List.of(
          new Column<>("iter", 4, Alignment.RIGHT, row -> Integer.toString(row.iteration())),
          figure("accuracy", "accuracy", "%.3f"),
          figure("reward", "mean_reward", "%.3f"),
          figure("KL", "kl", "%.4f"),
          figure("capped", "kl_capped", "%.4f"),
          figure("clip", 5, "clip_fraction", "%.3f"),
          figure("entropy", "entropy", "%.3f"),
          figure("length", "response_tokens", "%.1f"),
          figure("flat", 5, "zero_spread_share", "%.3f"),
          figure("agree", 5, "critic_agreement", "%.3f"),
          figure("void", 5, "void_rate", "%.3f"),
          figure("tok/s", 5, "tokens_per_second", "%.0f"),
          figure("learn", 5, "train_tokens_per_second", "%.0f"),
          new Column<>(
              "secs", 5, Alignment.RIGHT, row -> format(total(row.secondsByStage()), "%.1f")),
          stage("sample", "sample"),
          stage("critique", "critique"),
          stage("train", "train"),
          stage("flow", "dataflow"));

  private final Terminal terminal;
  private final Table<TrainingEvent.IterationFinished> table;
  private int linesSinceHeader = LINES_BETWEEN_HEADERS;

  public TrainingDisplay(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
    this.table =
        Table.fitting(COLUMNS, terminal.interactive() ? terminal.columns() - 1 : Integer.MAX_VALUE);
  }

  @Override
  public synchronized void observe(TrainingEvent event) {
    // A sealed hierarchy: a new event does not compile until it is shown here.
    if (event instanceof TrainingEvent.Opened opened) {
      show(opened);
    } else if (event instanceof TrainingEvent.StageProgress progress) {
      terminal.passing(bar(progress));
    } else if (event instanceof TrainingEvent.IterationFinished finished) {
      show(finished);
    } else if (event instanceof TrainingEvent.Evaluated evaluated) {
      show(evaluated);
    } else if (event instanceof TrainingEvent.Notice notice) {
      terminal.line(terminal.styled(Terminal.safe(notice.message()), Style.YELLOW));
    } else if (event instanceof TrainingEvent.Closed) {
      terminal.passing("");
    }
  }

  /** A line of our own between those of the run. */
  public synchronized void note(String message) {
    terminal.line(terminal.styled(Terminal.safe(message), Style.YELLOW));
  }

  private void show(TrainingEvent.Opened opened) {
    terminal.line(
        String.format(
            Locale.ROOT,
            "%s: %d problems, %d held out%s; iterations %d to %d, in %s",
            terminal.styled(Terminal.safe(opened.name()), Style.BOLD),
            opened.problems(),
            opened.heldOutProblems(),
            opened.rejectedProblems() == 0
                ? ""
                : ", " + opened.rejectedProblems() + " rejected (problems-rejected.parquet)",
            opened.committedIterations(),
            opened.iterations() - 1,
            Terminal.safe(opened.directory().toString())));
    terminal.line(opened.cores());
  }

  private void show(TrainingEvent.IterationFinished finished) {
    if (linesSinceHeader >= LINES_BETWEEN_HEADERS) {
      terminal.line(terminal.styled(table.header(), Style.BOLD));
      linesSinceHeader = 0;
    }
    terminal.line(table.line(finished));
    linesSinceHeader++;
  }

  private String bar(TrainingEvent.StageProgress progress) {
    return ProgressBar.of(
        String.format(Locale.ROOT, "iteration %d  %-9s", progress.iteration(), progress.stage()),
        progress.done(),
        progress.total(),
        progress.note().isEmpty()
            ? progress.unit()
            : progress.unit() + ", " + Terminal.safe(progress.note()),
        terminal.columns());
  }

  /** Greedy and sampled responses on lines of their own: figures of the two do not compare. */
  private void show(TrainingEvent.Evaluated evaluated) {
    String policy = "held-out, policy " + evaluated.policyVersion() + ", ";
    Map<String, Double> figures = evaluated.figures();
    terminal.line(policy + responses("greedy", "accuracy", figures));
    terminal.line(" ".repeat(policy.length()) + responses("sampled", "pass_rate", figures));
    linesSinceHeader = LINES_BETWEEN_HEADERS;
  }

  private static String responses(String decoding, String rightShare, Map<String, Double> figures) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put(rightShare, rightShare.replace('_', ' '));
    labels.put(decoding + "_step_correctness", "step correctness");
    labels.put(decoding + "_flawed_positive_share", "flawed positives");
    return String.format(Locale.ROOT, "%-8s ", decoding + ":")
        + labels.entrySet().stream()
            .filter(label -> figures.containsKey(label.getKey()))
            .map(
                label ->
                    String.format(
                        Locale.ROOT, "%-9s %.3f", label.getValue(), figures.get(label.getKey())))
            .collect(Collectors.joining(", "));
  }

  private static Column<TrainingEvent.IterationFinished> figure(
      String header, String name, String pattern) {
    return figure(header, 6, name, pattern);
  }

  private static Column<TrainingEvent.IterationFinished> figure(
      String header, int width, String name, String pattern) {
    return new Column<>(
        header, width, Alignment.RIGHT, row -> format(row.figures(), name, pattern));
  }

  /** Seconds of a stage. */
  private static Column<TrainingEvent.IterationFinished> stage(String header, String name) {
    return new Column<>(
        header, 5, Alignment.RIGHT, row -> format(row.secondsByStage(), name, "%.1f"));
  }

  private static double total(Map<String, Double> seconds) {
    return seconds.values().stream().mapToDouble(Double::doubleValue).sum();
  }

  private static String format(Map<String, Double> figures, String name, String pattern) {
    return format(figures.getOrDefault(name, Double.NaN), pattern);
  }

  private static String format(double value, String pattern) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, pattern, value);
  }
}

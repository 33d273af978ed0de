package io.capoflow.runners.terminal;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.critiques.DatasetBuild;
import io.capoflow.pipelines.critiques.DatasetObserver;
import java.nio.file.Path;
import java.util.Locale;

/** Shows the build of a critique dataset. Thread-safe. */
public final class DatasetDisplay implements DatasetObserver {
  private final Terminal terminal;

  public DatasetDisplay(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public synchronized void say(String line) {
    terminal.line(Terminal.safe(line));
  }

  @Override
  public synchronized void progress(String stage, long done, long total, String unit, String note) {
    terminal.passing(
        ProgressBar.of(
            String.format(Locale.ROOT, "%-9s", stage),
            done,
            total,
            note.isEmpty() ? unit : unit + ", " + Terminal.safe(note),
            terminal.columns()));
  }

  /** The last lines of a build that came to its end. */
  public synchronized void close(DatasetBuild.Result result, Path output) {
    terminal.line(
        String.format(
            Locale.ROOT,
            "%d rollouts critiqued, %d of them new; in %s",
            result.rollouts(),
            result.added(),
            Terminal.safe(output.toString())));
    terminal.line("card  " + Terminal.safe(output.resolve("README.md").toString()));
    DuckDbAddress.of(output.resolve(result.table().getFileName().toString()))
        .ifPresent(
            table ->
                terminal.line(
                    "query duckdb -c \"SELECT * FROM '"
                        + Terminal.safe(table)
                        + "/*.parquet' LIMIT 3\""));
  }
}

package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.runners.diff.Difference;
import io.capoflow.runners.diff.RunComparison;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.transforms.storage.RunDirectory;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Tells whether two runs hold the same content, and where they part if not. */
@Command(
    name = "diff",
    description = {
      "Compares two runs by their content digests, in the order in which an iteration computes,"
          + " and names the first row and field that differ.",
      "Where another version of CapoFlow wrote a stage with other columns, those that both runs have"
          + " are compared.",
      "Exit status: 0 equal, 1 different, 2 a run that cannot be read."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  capoflow diff runs/arithmetic-seed0 runs/arithmetic-seed0-again",
      "  capoflow diff runs/on-flink runs/on-direct"
    })
final class DiffCommand implements Callable<Integer> {
  private static final int EQUAL = 0;
  private static final int DIFFERENT = 1;

  private final Terminal terminal;

  @Parameters(index = "0", paramLabel = "RUN", description = "A run directory.")
  private Path first;

  @Parameters(index = "1", paramLabel = "RUN", description = "Another one.")
  private Path second;

  DiffCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() {
    RunDirectory left = Runs.existing(first);
    RunDirectory right = Runs.existing(second);
    Runs.promptFault(left).ifPresent(terminal::line);
    Runs.promptFault(right).ifPresent(terminal::line);
    RunComparison.Result result = RunComparison.between(left, right).result();
    Optional<Difference> difference = result.first();
    if (difference.isEmpty()) {
      terminal.line("equal: " + result.equal() + " digests" + inCommonColumns(result));
      return EQUAL;
    }
    terminal.line("different: " + Terminal.safe(difference.get().where()));
    difference
        .get()
        .field()
        .ifPresent(
            field -> {
              terminal.line("  field   " + Terminal.safe(field.path()));
              terminal.line("  " + Terminal.safe(first + ": " + field.first()));
              terminal.line("  " + Terminal.safe(second + ": " + field.second()));
            });
    return DIFFERENT;
  }

  private static String inCommonColumns(RunComparison.Result result) {
    return result.inCommonColumns().isEmpty()
        ? ""
        : "; equal in the columns that both have, since another version wrote one of them: "
            + String.join(", ", result.inCommonColumns());
  }
}

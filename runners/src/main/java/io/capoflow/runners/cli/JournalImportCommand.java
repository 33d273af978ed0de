package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.runners.terminal.Terminal;
import io.capoflow.transforms.journal.BatchImport;
import io.capoflow.transforms.journal.JournalFolder;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Takes results in. */
@Command(
    name = "import",
    description = {
      "Takes the results of a batch into a journal. What is there already stays; lines without an"
          + " answer are counted by reason, and journal requests writes their calls again."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  capoflow journal import results.jsonl --requests batch.jsonl"})
final class JournalImportCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Parameters(
      index = "0",
      paramLabel = "RESULTS",
      description = "What the batch wrote, JSON lines.")
  private Path results;

  @Option(
      names = "--requests",
      required = true,
      paramLabel = "FILE",
      description = "What journal requests wrote.")
  private Path requests;

  @Option(
      names = "--journal",
      paramLabel = "FOLDER",
      defaultValue = "runs/journal",
      description = "Where they go (default: ${DEFAULT-VALUE}).")
  private Path journal;

  JournalImportCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() {
    BatchImport.Result result = BatchImport.run(new JournalFolder(journal), results, requests);
    terminal.line(
        Terminal.safe(
            "%s: %s kept of %s; %,d were there already"
                .formatted(
                    journal,
                    JournalCommand.count(result.kept(), "answer"),
                    JournalCommand.count(result.lines(), "line"),
                    result.known())));
    new TreeMap<>(result.failures())
        .forEach(
            (reason, lines) ->
                terminal.line(
                    Terminal.safe(
                        "  %s without an answer: %s"
                            .formatted(JournalCommand.count(lines, "line"), reason))));
    return 0;
  }
}

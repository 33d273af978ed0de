package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.endpoint.BatchFile;
import io.capoflow.models.endpoint.Dialect;
import io.capoflow.models.journal.Journal;
import io.capoflow.pipelines.training.CritiqueBatch;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.journal.JournalFolder;
import io.capoflow.transforms.journal.PrivateFiles;
import io.capoflow.transforms.storage.DraftFile;
import io.capoflow.transforms.storage.WriteFailures;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes a batch. */
@Command(
    name = "requests",
    description = {
      "Writes the calls for critiques that a run's rollouts wait for and the journal lacks, as"
          + " OpenAI's batches and vllm run-batch take them.",
      "The run needs no server meanwhile: its rollouts are committed before critics are asked."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  capoflow journal requests --run runs/math-seed0 --output batch.jsonl",
      "  vllm run-batch -i batch.jsonl -o results.jsonl --model Qwen/Qwen2.5-72B-Instruct",
      "  capoflow journal import results.jsonl --requests batch.jsonl"
    })
final class JournalRequestsCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--run",
      required = true,
      paramLabel = "RUN",
      description = "The run directory; its recipe names critic and journal.")
  private Path run;

  @Option(
      names = "--journal",
      paramLabel = "FOLDER",
      description = "Another journal than the recipe's.")
  private Path journal;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "JSON lines, written over if it exists; nobody but you may read them.")
  private Path output;

  @Option(
      names = "--dialect",
      paramLabel = "DIALECT",
      description = {
        "What the server takes: vllm or openai (default: the recipe's; vllm where that is auto)."
      })
  private Dialect dialect;

  JournalRequestsCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() {
    Output.prepare("--output", output);
    CritiqueBatch batch = CritiqueBatch.of(Runs.existing(run));
    Dialect spoken = dialect == null ? batch.critic().endpoint().dialect() : dialect;
    Dialect wire = spoken == Dialect.AUTO ? Dialect.VLLM : spoken;
    try (Journal open =
            (journal == null ? batch.critic().journal() : new JournalFolder(journal)).open();
        DraftFile draft = new DraftFile(output)) {
      PrivateFiles.create(draft.path());
      CritiqueBatch.Result result;
      try (BufferedWriter lines = Files.newBufferedWriter(draft.path())) {
        result =
            batch.forEach(
                open,
                call -> {
                  try {
                    lines.write(BatchFile.line(call, wire));
                    lines.newLine();
                  } catch (IllegalArgumentException e) {
                    throw new UserMistake("--dialect: " + e.getMessage(), e);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
      }
      draft.commit();
      terminal.line(
          Terminal.safe(
              "%s in %s, for %s that wait for %s; the journal has %,d"
                  .formatted(
                      JournalCommand.count(result.calls(), "call"),
                      output,
                      JournalCommand.count(result.rollouts(), "rollout"),
                      JournalCommand.count(result.critiques(), "critique"),
                      result.answered())));
      return 0;
    } catch (UncheckedIOException e) {
      throw WriteFailures.of(output, e.getCause());
    } catch (IOException e) {
      throw WriteFailures.of(output, e);
    }
  }
}

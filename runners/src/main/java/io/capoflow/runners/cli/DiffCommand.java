package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.critiques.DatasetDirectory;
import io.capoflow.pipelines.integrity.RunProof;
import io.capoflow.pipelines.training.SessionFacts;
import io.capoflow.runners.check.CheckReport;
import io.capoflow.runners.diff.DatasetComparison;
import io.capoflow.runners.diff.Difference;
import io.capoflow.runners.diff.RunComparison;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.RunDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Tells whether two runs hold the same content, and where they part if not. */
@Command(
    name = "diff",
    description = {
      "Compares two runs by the content digests that they recorded, in the order in which an"
          + " iteration computes, and names the first row and field that differ. --bytes computes"
          + " the digests anew.",
      "Compares two critique datasets in the same way, table by table.",
      "Where another version of CapoFlow wrote a stage with other columns, those that both runs have"
          + " are compared. Older versions kept no log-probabilities: those of the other run are not"
          + " compared.",
      "Exit status: 0 equal, 1 different, 2 a run that cannot be read."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  capoflow diff runs/arithmetic-seed0 runs/arithmetic-seed0-again",
      "  capoflow diff runs/on-flink runs/on-direct --bytes"
    })
final class DiffCommand implements Callable<Integer> {
  private static final int EQUAL = 0;
  private static final int DIFFERENT = 1;

  private final Terminal terminal;

  @Parameters(
      index = "0",
      paramLabel = "RUN",
      converter = LocationConverter.class,
      description = "A run directory or a dataset.")
  private Path first;

  @Parameters(
      index = "1",
      paramLabel = "RUN",
      converter = LocationConverter.class,
      description = "Another one.")
  private Path second;

  @Option(
      names = "--bytes",
      description =
          "Compute the digests of both anew from their bytes, as check does, and compare only what"
              + " they prove.")
  private boolean bytes;

  DiffCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() {
    if (DatasetDirectory.isOne(first) || DatasetDirectory.isOne(second)) {
      return datasets();
    }
    RunDirectory left = Runs.existing(first);
    RunDirectory right = Runs.existing(second);
    Runs.promptFault(left).ifPresent(terminal::line);
    Runs.promptFault(right).ifPresent(terminal::line);
    Optional<Set<String>> proven = bytes ? proven(left, right) : Optional.of(Set.of());
    if (proven.isEmpty()) {
      terminal.line("different: what is damaged has no digest that could be compared");
      return DIFFERENT;
    }
    RunComparison.Result result = RunComparison.between(left, right).result();
    Optional<Difference> difference = result.first();
    if (difference.isEmpty()) {
      terminal.line(
          "equal: %d digests%s%s%s"
              .formatted(
                  result.equal(),
                  bytes ? computedAnew(left, proven.get()) : " as recorded",
                  inCommonColumns(result),
                  inOneAlone(result)));
      return EQUAL;
    }
    DifferenceLines.of(difference.get(), first, second).forEach(terminal::line);
    SessionFacts.difference(left, right)
        .ifPresent(facts -> terminal.line("  " + Terminal.safe(facts)));
    return DIFFERENT;
  }

  private int datasets() {
    if (bytes) {
      throw new UserMistake(
          "--bytes: is for runs; capoflow check %s computes a dataset's digests anew"
              .formatted(first));
    }
    DatasetComparison.Result result = DatasetComparison.between(first, second).result();
    if (result.first().isEmpty()) {
      terminal.line("equal: " + String.join(", ", result.equal()) + ", as recorded");
      return EQUAL;
    }
    DifferenceLines.of(result.first().get(), first, second).forEach(terminal::line);
    return DIFFERENT;
  }

  /** Names of the digests that the bytes of both runs prove; empty where either is damaged. */
  private Optional<Set<String>> proven(RunDirectory left, RunDirectory right) {
    RunProof one = proof(left, first);
    RunProof other = proof(right, second);
    if (!one.isWhole() || !other.isWhole()) {
      return Optional.empty();
    }
    Set<String> proven = new TreeSet<>(one.digests().keySet());
    proven.retainAll(other.digests().keySet());
    return Optional.of(proven);
  }

  /** Looks at a run, and says what is damaged. */
  private RunProof proof(RunDirectory run, Path named) {
    RunProof proof = CheckProgress.check(terminal, run, Runtime.getRuntime().availableProcessors());
    if (!proof.isWhole()) {
      new CheckReport(proof, List.of())
          .lines(named)
          .forEach(line -> terminal.line(Terminal.safe(named + ": " + line)));
    }
    return proof;
  }

  private static String computedAnew(RunDirectory run, Set<String> proven) {
    Set<String> unproven = new TreeSet<>(run.digests().keySet());
    unproven.removeAll(proven);
    return ", computed anew from the bytes"
        + (unproven.isEmpty()
            ? ""
            : " but for %d that earlier versions of CapoFlow left unproven: %s"
                .formatted(unproven.size(), String.join(", ", unproven)));
  }

  private static String inOneAlone(RunComparison.Result result) {
    return result.inOneAlone().isEmpty()
        ? ""
        : "; not compared, since one of them was trained without: "
            + String.join(", ", result.inOneAlone());
  }

  private static String inCommonColumns(RunComparison.Result result) {
    return result.inCommonColumns().isEmpty()
        ? ""
        : "; equal in the columns that both have, since another version wrote one of them: "
            + String.join(", ", result.inCommonColumns());
  }
}

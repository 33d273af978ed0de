package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.datasets.verification.FileVerification;
import io.capoflow.datasets.verification.FileVerification.Answer;
import io.capoflow.datasets.verification.FileVerification.BadGold;
import io.capoflow.datasets.verification.FileVerification.GoldReport;
import io.capoflow.datasets.verification.VerificationSummary;
import io.capoflow.runners.terminal.ProgressBar;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.verify.AnswerVerification;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Verifies answers: a file of them, or one by one with an explanation. */
@Command(
    name = "verify",
    description = {
      "Decides by rule whether answers are right.",
      "Reads rows with id, response and gold (and source, for --verifier by_source), and writes"
          + " them with outcome (0 or 1), extracted, reason, gold_type, route, fuel, verifier and"
          + " verifier_options. Other columns are kept. Rows that cannot be verified go to a file"
          + " beside the output, with line and reason. Works row by row: the file may be of any size."
    },
    synopsisHeading = "Usage: ",
    customSynopsis = {
      "capoflow verify --input FILE --output FILE [--verifier NAME] [--mode MODE] [--force]",
      "       capoflow verify --explain (--response TEXT --gold TEXT | --input FILE --id ID)",
      "       capoflow verify --golds --input FILE"
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%n",
    footer = {
      "Exit status: 0 done, whatever the verdicts; 1 --golds found a gold answer that does not"
          + " verify; 2 something to mend.",
      "",
      "Examples:",
      "  capoflow verify --input answers.jsonl --output verified.jsonl",
      "  capoflow verify --input answers.parquet --output verified.parquet --mode lenient",
      "  capoflow verify --input mixed.jsonl --output v.jsonl --verifier by_source"
          + " --by-source w=text",
      "  capoflow verify --explain --response 'So \\boxed{0.5}.' --gold '\\frac{1}{2}'",
      "  capoflow verify --explain --input answers.jsonl --id row-17",
      "  capoflow verify --golds --input answers.jsonl"
    })
final class VerifyCommand implements Callable<Integer> {
  private static final int GOLDS_SHOWN = 20;
  private static final int NEGATIVE_FINDING = 1;

  private final Terminal terminal;

  @Option(
      names = "--input",
      paramLabel = "FILE",
      description = "Rows to verify: .jsonl or .parquet.")
  private Path input;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Where they go with their verdicts: .jsonl or .parquet.")
  private Path output;

  @Mixin private VerifierFlags verifierFlags;

  @Mixin private ExtensionOptions extensions;

  @Option(names = "--force", description = "Write over an output that exists.")
  private boolean force;

  @Option(names = "--explain", description = "Print how one pair was read and compared, instead.")
  private boolean explain;

  @Option(names = "--response", paramLabel = "TEXT", description = "With --explain: the response.")
  private String response;

  @Option(names = "--gold", paramLabel = "TEXT", description = "With --explain: the gold answer.")
  private String gold;

  @Option(
      names = "--source",
      paramLabel = "TEXT",
      description = "With --explain: where the question comes from.")
  private String source;

  @Option(
      names = "--id",
      paramLabel = "ID",
      description = "With --explain and --input: the row to explain.")
  private String id;

  @Option(
      names = "--golds",
      description = "Verify every gold answer of the input against itself, instead.")
  private boolean golds;

  VerifyCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() {
    VerifierOptions options = verifierFlags.options();
    extensions.show(terminal);
    FileVerification verification = new FileVerification(verifierFlags.verifier(), options);
    if (explain && golds) {
      throw new UserMistake("--explain and --golds exclude each other; drop one");
    }
    if (explain) {
      explain(verification, asked(), options);
      return 0;
    }
    if (response != null || gold != null || source != null || id != null) {
      throw new UserMistake("--response, --gold, --source and --id go with --explain; add it");
    }
    if (input == null) {
      throw new UserMistake("--input is not set; name a file of rows with id, response and gold");
    }
    tellIfTight();
    if (golds) {
      return checkGolds(verification);
    }
    verifyFile(verification, options);
    return 0;
  }

  /** Running out of memory ends the process with a line that says neither why nor what to do. */
  private void tellIfTight() {
    heapNote(FileVerification.heapToRead(input), Runtime.getRuntime().maxMemory())
        .ifPresent(note -> terminal.line(Terminal.safe(input.toString()) + ": " + note));
  }

  /** What to say of a heap that may be too small; both in bytes. */
  static Optional<String> heapNote(long needed, long heap) {
    return needed <= heap
        ? Optional.empty()
        : Optional.of(
            "has row groups that may take %d MiB, more than the heap of %d MiB; should memory run"
                    .formatted(needed >> 20, heap >> 20)
                + " out, give more by CAPOFLOW_JAVA_OPTIONS=-Xmx%dm"
                    .formatted((needed >> 20) + 128));
  }

  private void verifyFile(FileVerification verification, VerifierOptions options) {
    if (output == null) {
      throw new UserMistake("--output is not set; name the file for the verdicts");
    }
    Path rejects = rejects(output);
    Output.prepare("--output", output);
    requireNew(output);
    requireNew(rejects);
    VerificationSummary summary = verification.verify(input, output, rejects, this::progress);
    terminal.passing("");
    show(summary, rejects, options);
  }

  /** Writing over the input is refused whatever the flags: what it holds would be gone. */
  private void requireNew(Path file) {
    try {
      if (Files.exists(file) && Files.exists(input) && Files.isSameFile(file, input)) {
        throw new UserMistake("--output " + output + ": would write over the input; name another");
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot compare " + file + " with " + input, e);
    }
    if (Files.exists(file) && !force) {
      throw new UserMistake(file + ": exists; name another --output, or write over it by --force");
    }
  }

  /** Beside the output, {@code verified.jsonl} and {@code verified-rejected.jsonl}. */
  private static Path rejects(Path output) {
    String name = String.valueOf(output.getFileName());
    int dot = name.lastIndexOf('.');
    return output.resolveSibling((dot > 0 ? name.substring(0, dot) : name) + "-rejected.jsonl");
  }

  private void progress(String pass, long done, long total, String unit) {
    terminal.passing(ProgressBar.of(pass, done, total, unit, terminal.columns()));
  }

  private void show(VerificationSummary summary, Path rejects, VerifierOptions options) {
    terminal.line(
        String.format(
            Locale.ROOT,
            "%d rows verified, %d right (%.2f %%), in %s",
            summary.verified(),
            summary.correct(),
            summary.verified() == 0 ? 0 : 100.0 * summary.correct() / summary.verified(),
            Terminal.safe(output.toString())));
    summary
        .rowsByReason()
        .forEach(
            (reason, rows) ->
                terminal.line(
                    String.format(Locale.ROOT, "  %-14s %12d", Terminal.safe(reason), rows)));
    summary
        .firstGoldUnparsed()
        .ifPresent(
            first ->
                terminal.line(
                    "gold answers that could not be read count as wrong; the first, of row "
                        + Terminal.safe(first)));
    summary
        .firstRejected()
        .ifPresent(
            first ->
                terminal.line(
                    summary.rejected()
                        + " rows rejected, in "
                        + Terminal.safe(rejects.toString())
                        + "; the first, on line "
                        + Terminal.safe(first)));
    summary
        .slowest()
        .ifPresent(
            row ->
                terminal.line(
                    String.format(
                        Locale.ROOT,
                        "slow verdicts (over %d ms): %d; the slowest, of row %s, %d ms",
                        AnswerVerification.SLOW_MICROS / 1_000,
                        summary.slow(),
                        Terminal.safe(row.id()),
                        row.micros() / 1_000)));
    terminal.line(
        "verifier "
            + AnswerVerification.nameAndVersion(verifierFlags.verifier())
            + ", options "
            + Digests.ofParts(options.canonical()).substring(0, 16)
            + " ("
            + Terminal.safe(options.canonical())
            + ")");
  }

  private int checkGolds(FileVerification verification) {
    if (output != null) {
      throw new UserMistake("--golds writes no --output; drop it");
    }
    GoldReport report = verification.checkGolds(input, GOLDS_SHOWN, this::progress);
    terminal.passing("");
    for (BadGold bad : report.first()) {
      terminal.line(
          Terminal.safe(
              "line "
                  + bad.line()
                  + (bad.id().isEmpty() ? "" : ", id " + bad.id())
                  + ": "
                  + bad.reason()));
    }
    if (report.bad() > report.first().size()) {
      terminal.line("… and " + (report.bad() - report.first().size()) + " more");
    }
    terminal.line(
        report.rows()
            + " gold answers, "
            + report.bad()
            + " of them not equal to themselves by the verifier "
            + verifierFlags.name());
    return report.bad() == 0 ? 0 : NEGATIVE_FINDING;
  }

  private Answer asked() {
    if (output != null || force) {
      throw new UserMistake("--explain writes no --output; drop it");
    }
    boolean pair = response != null && gold != null && input == null && id == null;
    boolean row = input != null && id != null && response == null && gold == null && source == null;
    if (!pair && !row) {
      throw new UserMistake(
          "--explain expects --response and --gold, or --input and --id; give one of these pairs");
    }
    return pair
        ? new Answer("", response, gold, Optional.ofNullable(source).orElse(""))
        : FileVerification.find(input, id);
  }

  private void explain(FileVerification verification, Answer answer, VerifierOptions options) {
    AnswerVerification.Timed timed = verification.verdict(answer);
    Verifier judge = timed.judge();
    Verification verdict = timed.verification();
    line("verifier", AnswerVerification.nameAndVersion(judge) + ", " + options.canonical());
    line("gold", answer.gold());
    line("gold type", verdict.goldType());
    line("gold normal form", judge.normalForm(answer.gold(), options).orElse("-"));
    line("rung", verdict.rung());
    line("extracted", verdict.extracted().orElse("-"));
    line(
        "normal form",
        verdict.extracted().flatMap(text -> judge.normalForm(text, options)).orElse("-"));
    line("route", verdict.route());
    line("fuel", Long.toString(verdict.fuel()));
    line("reason", verdict.reason().name());
    line("outcome", verdict.correct() ? "1" : "0");
  }

  private void line(String what, String text) {
    terminal.line(String.format(Locale.ROOT, "%-17s %s", what, Terminal.safe(text)));
  }
}

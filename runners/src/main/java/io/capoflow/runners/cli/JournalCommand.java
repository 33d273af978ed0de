package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.journal.Compaction;
import io.capoflow.transforms.journal.JournalExport;
import io.capoflow.transforms.journal.JournalFigures;
import io.capoflow.transforms.journal.JournalPrune;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks after a journal: the answers of critics behind a server that were paid for. */
@Command(
    name = "journal",
    description = {
      "Counts what a journal holds: the answers of critics behind a server, which every run that"
          + " names the journal uses again.",
      "Subcommands delete, compact and export answers, and have critiques answered at a site that"
          + " cannot be reached from here."
    },
    synopsisSubcommandLabel = "[COMMAND]",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  capoflow journal",
      "  capoflow journal runs/journal",
      "  capoflow journal prune --older-than 90 --dry-run",
      "  capoflow journal export --output answers.parquet --without-prompts"
    })
final class JournalCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private JournalPlace place;

  JournalCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() {
    return showFigures(terminal, place.folder());
  }

  /** The subcommands, in the order of the help. */
  List<Object> subcommands() {
    return List.of(
        new Stats(terminal),
        new Prune(terminal),
        new Compact(terminal),
        new Export(terminal),
        new JournalRequestsCommand(terminal),
        new JournalImportCommand(terminal));
  }

  /** Which journal. */
  static final class JournalPlace {
    private static final Path USUAL = Path.of("runs/journal");

    @Parameters(
        index = "0",
        arity = "0..1",
        paramLabel = "FOLDER",
        description = "The journal's folder (default: runs/journal).")
    private Path folder;

    Path folder() {
      return folder == null ? USUAL : folder;
    }
  }

  private static int showFigures(Terminal terminal, Path folder) {
    JournalFigures figures = JournalFigures.of(folder);
    terminal.line(
        Terminal.safe(
            "%s: %s to %s, %s"
                .formatted(
                    folder,
                    count(figures.answers(), "answer"),
                    count(figures.requests(), "request"),
                    size(figures.bytes()))));
    new TreeMap<>(figures.models())
        .forEach(
            (model, of) ->
                terminal.line(
                    Terminal.safe(
                        String.format(
                            Locale.ROOT,
                            "  %s: %s, tokens read %,d (%,d of them cached), written %,d",
                            model,
                            count(of.answers(), "answer"),
                            of.promptTokens(),
                            of.cachedTokens(),
                            of.tokens()))));
    if (figures.answers() > 0) {
      terminal.line(
          "  written    %s to %s".formatted(time(figures.oldest()), time(figures.newest())));
    }
    terminal.line(
        "  files      %s, %s"
            .formatted(
                count(figures.segments(), "segment"),
                count(figures.parquetFiles(), "Parquet file")));
    terminal.line(
        "  duplicates %s: paid for although another answer was there first"
            .formatted(count(figures.duplicates(), "answer")));
    terminal.line("  damaged    %s, passed over".formatted(count(figures.damagedLines(), "line")));
    terminal.line("  in use by  " + count(figures.writers(), "process"));
    return 0;
  }

  /** A number with what it counts. */
  static String count(long number, String one) {
    String many = one.endsWith("s") ? one + "es" : one + "s";
    return String.format(Locale.ROOT, "%,d %s", number, number == 1 ? one : many);
  }

  private static String size(long bytes) {
    return bytes < 1 << 20
        ? String.format(Locale.ROOT, "%.1f KB", bytes / 1024.0)
        : String.format(Locale.ROOT, "%,.1f MB", bytes / 1024.0 / 1024.0);
  }

  private static String time(long micros) {
    return DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
        .withZone(ZoneOffset.UTC)
        .format(Instant.EPOCH.plus(micros, ChronoUnit.MICROS));
  }

  /** Counts. */
  @Command(
      name = "stats",
      description = "Counts what a journal holds, as capoflow journal does without a command.",
      mixinStandardHelpOptions = true,
      footer = {"", "Example:", "  capoflow journal stats runs/journal"})
  static final class Stats implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin private JournalPlace place;

    private Stats(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      return showFigures(terminal, place.folder());
    }
  }

  /** Deletes. */
  @Command(
      name = "prune",
      description = {
        "Deletes answers for good: a run that wants one of them pays for it again, and gets another"
            + " one.",
        "What is deleted is what all options together mean. A journal that a process writes to is"
            + " left alone."
      },
      mixinStandardHelpOptions = true,
      footer = {
        "",
        "Examples:",
        "  capoflow journal prune --older-than 90 --dry-run",
        "  capoflow journal prune --model Qwen/Qwen2.5-72B-Instruct"
      })
  static final class Prune implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin private JournalPlace place;

    @Option(
        names = "--older-than",
        paramLabel = "DAYS",
        description = "Those that were written more days ago than this.")
    private Long days;

    @Option(
        names = "--model",
        paramLabel = "NAME",
        description = "Those that this model was asked for.")
    private String model;

    @Option(names = "--dry-run", description = "Say what would be deleted, and delete nothing.")
    private boolean dryRun;

    private Prune(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      if (days == null && model == null) {
        throw new UserMistake("journal prune: says not what to delete; --older-than or --model?");
      }
      if (days != null && days < 0) {
        throw new UserMistake("--older-than " + days + ": expects a number of days, at least 0");
      }
      JournalPrune prune =
          new JournalPrune(
              Optional.ofNullable(days).map(age -> Instant.now().minus(Duration.ofDays(age))),
              Optional.ofNullable(model));
      JournalPrune.Result result = dryRun ? prune.count(place.folder()) : prune.run(place.folder());
      terminal.line(
          Terminal.safe(
              String.format(
                  Locale.ROOT,
                  "%s: %s %s with %,d written tokens; %s",
                  place.folder(),
                  dryRun ? "would delete" : "deleted",
                  count(result.deleted(), "answer"),
                  result.deletedTokens(),
                  dryRun
                      ? count(result.kept(), "answer") + " would stay"
                      : count(result.kept(), "answer") + " left")));
      return 0;
    }
  }

  /** Compacts. */
  @Command(
      name = "compact",
      description = {
        "Turns the segments of processes that have ended, and small Parquet files, into one sorted"
            + " Parquet file.",
        "A run does so by itself when it opens a journal of many or large segments."
      },
      mixinStandardHelpOptions = true,
      footer = {"", "Example:", "  capoflow journal compact runs/journal"})
  static final class Compact implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin private JournalPlace place;

    private Compact(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      Compaction.Result result = Compaction.run(place.folder());
      terminal.line(
          Terminal.safe(
              result.segments() + result.parquetFiles() == 0
                  ? place.folder() + ": nothing to compact"
                  : "%s: made %s of %s and %s"
                      .formatted(
                          place.folder(),
                          result
                              .file()
                              .map(
                                  file ->
                                      "%s with %s"
                                          .formatted(
                                              file.getFileName(),
                                              count(result.answers(), "answer")))
                              .orElse("nothing"),
                          count(result.segments(), "segment"),
                          count(result.parquetFiles(), "Parquet file"))));
      return 0;
    }
  }

  /** Exports. */
  @Command(
      name = "export",
      description = {
        "Writes all answers to one file, sorted by request and index.",
        "The file can be read by its owner alone, as the journal can."
      },
      mixinStandardHelpOptions = true,
      footer = {
        "",
        "Examples:",
        "  capoflow journal export --output answers.parquet",
        "  capoflow journal export runs/journal --output answers.jsonl --without-prompts"
      })
  static final class Export implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin private JournalPlace place;

    @Option(
        names = "--output",
        required = true,
        paramLabel = "FILE",
        description = "Ends with .parquet or .jsonl; written over if it exists.")
    private Path output;

    @Option(
        names = "--without-prompts",
        description = "Leave out what was asked; the digests of the requests stay.")
    private boolean withoutPrompts;

    private Export(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      Output.prepare("--output", output);
      long answers = JournalExport.write(place.folder(), output, !withoutPrompts);
      terminal.line(Terminal.safe(count(answers, "answer") + " in " + output));
      return 0;
    }
  }
}

package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.datasets.problems.GoldCheck;
import io.capoflow.datasets.problems.ProblemFiles;
import io.capoflow.datasets.problems.ProblemIntake;
import io.capoflow.datasets.problems.ProblemSet;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import io.capoflow.worlds.arithmetic.ArithmeticSplit;
import io.capoflow.worlds.arithmetic.ArithmeticWorld;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes problem sets: generated, or taken from a file that others published. */
@Command(
    name = "problems",
    description = "Makes problem sets in Parquet: generates them, or imports those of others.",
    synopsisSubcommandLabel = "(generate | import)",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  capoflow problems generate --count 1000 --seed 7 --output problems.parquet",
      "  capoflow problems import --input gsm8k-train.jsonl --output gsm8k-train.parquet"
    })
final class ProblemsCommand implements Callable<Integer> {
  private final Terminal terminal;

  ProblemsCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() {
    throw new UserMistake("problems: says not what to do; generate or import?");
  }

  /** The subcommands, in the order of the help. */
  List<Object> subcommands() {
    return List.of(new Generate(terminal), new Import(terminal));
  }

  /** {@code --output}, where the problems go. */
  private static final class ProblemsFile {
    private static final String FLAG = "--output";

    @Option(
        names = FLAG,
        required = true,
        paramLabel = "FILE",
        description = "Parquet file, written over if it exists.")
    private Path file;

    void prepare() {
      Output.prepare(FLAG, file);
    }

    Path sibling(String name) {
      return file.resolveSibling(name);
    }

    /** Writes the problems and says how many there are. */
    void write(List<Problem> problems, Terminal terminal) {
      ProblemFiles.write(file, problems);
      terminal.line(problems.size() + " problems in " + Terminal.safe(file.toString()));
    }
  }

  /** Generates running sums. */
  @Command(
      name = "generate",
      description =
          "Generates running sums, the embedded task. The same seed and split give the same"
              + " problems, and fewer of them are the beginning of more.",
      mixinStandardHelpOptions = true,
      footer = {
        "",
        "Examples:",
        "  capoflow problems generate --count 1000 --output problems.parquet",
        "  capoflow problems generate --count 500 --split held_out --output held-out.parquet"
      })
  static final class Generate implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
        names = "--count",
        required = true,
        paramLabel = "N",
        description = "How many problems, at least 1.")
    private int count;

    @Option(
        names = "--seed",
        paramLabel = "N",
        defaultValue = "0",
        description = "Key of the draws (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(
        names = "--split",
        paramLabel = "SPLIT",
        defaultValue = "TRAIN",
        description = {
          "What they are for: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
          "No problem is ever in two splits."
        })
    private ArithmeticSplit split;

    @Mixin private ProblemsFile output;

    private Generate(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      if (count < 1) {
        throw new UserMistake("--count " + count + ": expects a number of at least 1");
      }
      output.prepare();
      output.write(new ArithmeticWorld(seed).problems(split, count), terminal);
      return 0;
    }
  }

  /** Takes in problems of others. */
  @Command(
      name = "import",
      description = {
        "Reads problems in Parquet, JSON lines or a JSON array, as GSM8K, verl, TRL and Open-R1"
            + " publish them, or our own; the layout is recognised by its columns.",
        "Rows that cannot be used (malformed, twice there, a gold answer that does not verify"
            + " against itself) go to a file of their own with line and reason."
      },
      mixinStandardHelpOptions = true,
      footer = {
        "",
        "Example:",
        "  capoflow problems import --input gsm8k-train.jsonl --output gsm8k-train.parquet"
      })
  static final class Import implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
        names = "--input",
        required = true,
        paramLabel = "FILE",
        description = "What to read: .parquet, .jsonl or .json.")
    private Path input;

    @Mixin private ProblemsFile output;

    @Mixin private VerifierFlags verifierFlags;

    @Mixin private ExtensionOptions extensions;

    @Mixin private RejectedShareOption rejectedShare;

    private Import(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      extensions.show(terminal);
      rejectedShare.requireValid();
      output.prepare();
      GoldCheck goldCheck = new GoldCheck(verifierFlags.verifier(), verifierFlags.options());
      ProblemSet problems = new ProblemIntake(goldCheck).read(input);
      Path rejected = output.sibling("problems-rejected.parquet");
      if (!problems.rejected().isEmpty()) {
        ProblemFiles.writeRejected(rejected, problems.rejected());
        terminal.line(
            problems.rejected().size()
                + " rows rejected, with reasons in "
                + Terminal.safe(rejected.toString()));
      }
      rejectedShare.requireUsable(problems);
      output.write(problems.problems(), terminal);
      return 0;
    }
  }
}

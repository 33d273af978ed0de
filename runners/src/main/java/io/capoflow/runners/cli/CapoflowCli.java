package io.capoflow.runners.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.UserMistake;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line: finds the command, runs it, and turns what it throws into one line and an exit
 * status.
 */
public final class CapoflowCli {
  private static final String RECIPE_KEYS = "recipeKeys";

  private final Terminal terminal;
  private final PrintStream errors;

  /**
   * A command line.
   *
   * @param terminal where results go
   * @param errors where complaints go, a line each
   */
  public CapoflowCli(Terminal terminal, PrintStream errors) {
    this.terminal = requireNonNull(terminal, "terminal");
    this.errors = requireNonNull(errors, "errors");
  }

  /** What all commands hang from. */
  @Command(
      name = "capoflow",
      description =
          "Reinforcement learning of language models with verifiable, fine-grained credit (CAPO),"
              + " as Apache Beam dataflows on Flink.",
      synopsisSubcommandLabel = "COMMAND",
      mixinStandardHelpOptions = true,
      versionProvider = Versions.class,
      footer = {
        "",
        "Start here:",
        "  capoflow doctor",
        "  capoflow train recipes/arithmetic.yaml",
        "  capoflow COMMAND --help"
      })
  private static final class Root {}

  /**
   * Runs one command.
   *
   * @return the exit status: 0 done, 1 a fault of ours or a negative finding, 2 something the user
   *     can mend, 130 or 143 stopped by a signal
   */
  public int run(String... arguments) {
    CommandLine line = commandLine();
    try {
      return arguments.length == 0 ? usage(line) : line.execute(arguments);
    } catch (LinkageError | StackOverflowError e) {
      return new Failures(errors).report(e);
    }
  }

  private static int usage(CommandLine line) {
    line.usage(line.getOut());
    return CommandLine.ExitCode.USAGE;
  }

  private CommandLine commandLine() {
    CommandLine line = new CommandLine(new Root());
    for (Object command : commands()) {
      line.addSubcommand(command);
    }
    ProblemsCommand problems = new ProblemsCommand(terminal);
    line.addSubcommand(withSubcommands(problems, problems.subcommands()));
    JournalCommand journal = new JournalCommand(terminal);
    line.addSubcommand(withSubcommands(journal, journal.subcommands()));
    ClusterCommand cluster = new ClusterCommand(terminal);
    line.addSubcommand(withSubcommands(cluster, cluster.subcommands()));
    showRecipeKeys(line);
    PrintWriter out = new PrintWriter(terminal.out(), true, UTF_8);
    line.setOut(out);
    line.setErr(new PrintWriter(errors, true, UTF_8));
    line.setColorScheme(
        CommandLine.Help.defaultColorScheme(terminal.interactive() ? Ansi.ON : Ansi.OFF));
    line.setUsageHelpWidth(
        terminal.interactive() ? Math.max(60, Math.min(terminal.columns(), 110)) : 100);
    line.setExpandAtFiles(false);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionStrategy(
        parsed -> {
          loadExtensions(parsed);
          return new RunLast().execute(parsed);
        });
    line.setParameterExceptionHandler((mistake, given) -> complain(mistake));
    line.setExecutionExceptionHandler(
        (failure, command, parsed) -> new Failures(errors).report(failure));
    return line;
  }

  private static CommandLine withSubcommands(Object command, List<Object> subcommands) {
    CommandLine line = new CommandLine(command);
    subcommands.forEach(line::addSubcommand);
    return line;
  }

  private List<Object> commands() {
    return List.of(
        new TrainCommand(terminal),
        new EvaluateCommand(terminal),
        new CritiqueCommand(terminal),
        new SftCommand(terminal),
        new CriticReportCommand(terminal),
        new MergeCommand(terminal),
        new VerifyCommand(terminal),
        new ShowCommand(terminal),
        new DiffCommand(terminal),
        new CheckCommand(terminal),
        new DoctorCommand(terminal));
  }

  /** The help of a command that reads a recipe ends with the recipe's keys. */
  private static void showRecipeKeys(CommandLine line) {
    for (CommandLine command : line.getSubcommands().values()) {
      if (command.getCommand() instanceof RecipeReader reader) {
        List<String> sections = new ArrayList<>(command.getHelpSectionKeys());
        sections.add(RECIPE_KEYS);
        command.setHelpSectionKeys(sections);
        command
            .getHelpSectionMap()
            .put(
                RECIPE_KEYS,
                help -> "\nKeys of a recipe, for the file and for --set:\n" + reader.keys());
      }
    }
  }

  /** Before the command runs: what it reads may name their classes. */
  private static void loadExtensions(ParseResult parsed) {
    ParseResult command = parsed;
    while (command.hasSubcommand()) {
      command = command.subcommand();
    }
    CommandLine line = command.commandSpec().commandLine();
    for (CommandSpec mixin : command.commandSpec().mixins().values()) {
      if (mixin.userObject() instanceof ExtensionOptions options && !asksForHelp(command)) {
        try {
          options.load(System.getenv());
        } catch (UserMistake mistake) {
          throw new ExecutionException(line, mistake.getMessage(), mistake);
        }
      }
    }
  }

  private static boolean asksForHelp(ParseResult command) {
    return command.isUsageHelpRequested() || command.isVersionHelpRequested();
  }

  private int complain(ParameterException mistake) {
    String command = mistake.getCommandLine().getCommandSpec().qualifiedName();
    String guess =
        mistake instanceof UnmatchedArgumentException unmatched
                && !unmatched.getSuggestions().isEmpty()
            ? " (did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?)"
            : "";
    String message = String.valueOf(mistake.getMessage()).lines().findFirst().orElse("");
    return new Failures(errors).mistake(message + guess + "; see " + command + " --help");
  }
}

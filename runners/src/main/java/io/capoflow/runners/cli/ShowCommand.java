package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.text.HfTokenizer;
import io.capoflow.runners.show.IterationRows;
import io.capoflow.runners.show.IterationRows.Judged;
import io.capoflow.runners.show.RolloutView;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.RunDirectory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints rollouts with their steps' votes, rewards and advantages. */
@Command(
    name = "show",
    description =
        "Prints rollouts of a run: each step with its votes, its tokens' mean reward R and mean"
            + " advantage A. Red steps are penalised, yellow ones were called wrong by some critics.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  capoflow show --run runs/arithmetic-seed0",
      "  capoflow show --run runs/arithmetic-seed0 --iteration 3 --flawed --limit 5",
      "  capoflow show --run runs/arithmetic-seed0 --problem train-000017 --critiques",
      "  capoflow show --run runs/arithmetic-seed0 --prompts --limit 1"
    })
final class ShowCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--run",
      required = true,
      paramLabel = "DIR",
      converter = LocationConverter.class,
      description = "A run directory.")
  private Path run;

  @Option(
      names = "--iteration",
      paramLabel = "N",
      description = "Iteration, from 0; where not given, the last complete one.")
  private Optional<Integer> iteration;

  @Option(names = "--problem", paramLabel = "ID", description = "Only rollouts of this problem.")
  private Optional<String> problem;

  @Option(names = "--wrong-only", description = "Only wrong answers.")
  private boolean wrongOnly;

  @Option(names = "--flawed", description = "Only right answers with a step that is voted wrong.")
  private boolean flawed;

  @Option(names = "--critiques", description = "Show what each critic wrote, too.")
  private boolean critiques;

  @Option(
      names = "--prompts",
      description = "Show the prompt that the policy was asked, special tokens and all.")
  private boolean prompts;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "10",
      description = "At most so many rollouts (default: ${DEFAULT-VALUE}).")
  private int limit;

  ShowCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() {
    if (limit < 1) {
      throw new UserMistake("--limit " + limit + ": expects a number of at least 1");
    }
    RunDirectory directory = Runs.existing(run);
    Runs.promptFault(directory).ifPresent(terminal::line);
    IterationRows rows = IterationRows.read(directory, iteration);
    if (problem.isPresent() && rows.rollouts().stream().noneMatch(this::ofProblem)) {
      throw new UserMistake(
          "--problem "
              + problem.get()
              + ": iteration "
              + rows.iteration()
              + " has no such problem; its first is "
              + rows.rollouts().get(0).rollout().getProblem().getProblemId());
    }
    List<Judged> wanted = rows.rollouts().stream().filter(this::wanted).toList();
    RolloutView view = new RolloutView(terminal, critiques);
    if (prompts) {
      Path policy = directory.policies().directory(rows.iteration());
      try (HfTokenizer tokenizer = HfTokenizer.load(policy)) {
        wanted.stream().limit(limit).forEach(judged -> view.print(judged, tokenizer));
      }
    } else {
      wanted.stream().limit(limit).forEach(view::print);
    }
    terminal.line(
        "iteration "
            + rows.iteration()
            + ": "
            + Math.min(limit, wanted.size())
            + " of "
            + wanted.size()
            + " matching rollouts shown, "
            + rows.rollouts().size()
            + " in all");
    return 0;
  }

  private boolean wanted(Judged judged) {
    return ofProblem(judged) && (!wrongOnly || !judged.right()) && (!flawed || judged.flawed());
  }

  private boolean ofProblem(Judged judged) {
    return problem.stream().allMatch(id -> id.equals(judged.rollout().getProblem().getProblemId()));
  }
}

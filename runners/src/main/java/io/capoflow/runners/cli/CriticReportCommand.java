package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.sft.CriticReport;
import io.capoflow.runners.terminal.Terminal;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures an arithmetic critic against the oracle. */
@Command(
    name = "critic-report",
    description =
        "Measures how well a critic of the arithmetic world finds the wrong steps of a policy's"
            + " rollouts on held-out problems: precision, recall and F1 for each way of voting, as"
            + " docs/warm-start.md shows them.",
    mixinStandardHelpOptions = true,
    footerHeading = "%n",
    footer = {
      "Examples:",
      "  capoflow critic-report",
      "  capoflow critic-report --critic weights/my-critic --problems 100"
    })
final class CriticReportCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--policy",
      paramLabel = "DIR",
      defaultValue = "weights/arithmetic-policy",
      description = "Who writes the rollouts (default: ${DEFAULT-VALUE}).")
  private Path policy;

  @Option(
      names = "--critic",
      paramLabel = "DIR",
      defaultValue = "weights/arithmetic-critic",
      description = "Who judges them (default: ${DEFAULT-VALUE}).")
  private Path critic;

  @Option(
      names = "--device",
      defaultValue = "auto",
      description = "auto, cpu or cuda:N (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--problems",
      paramLabel = "N",
      defaultValue = "500",
      description = "Held-out problems, one rollout each (default: ${DEFAULT-VALUE}).")
  private int problems;

  @Option(
      names = "--seed",
      defaultValue = "0",
      description = "Key of rollouts and critiques (default: ${DEFAULT-VALUE}).")
  private long seed;

  CriticReportCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() {
    CriticReport report =
        CriticReport.measure(
            CriticReport.Settings.asTrained(policy, critic, device, problems, seed));
    report.table().lines().forEach(terminal::line);
    return 0;
  }
}

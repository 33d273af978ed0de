package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.tensor.Numerics;
import io.capoflow.runners.cluster.ClusterLibraries;
import io.capoflow.runners.cluster.ClusterPackage;
import io.capoflow.runners.cluster.ClusterSettings;
import io.capoflow.runners.cluster.ClusterStatus;
import io.capoflow.runners.cluster.ClusterStatus.ProcessStatus;
import io.capoflow.runners.cluster.LocalCluster;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.RecipeBinder;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.flink.configuration.MemorySize;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Looks after a Flink cluster on this machine, and packs what another one needs. */
@Command(
    name = "cluster",
    description = {
      "Says how the Flink cluster on this machine is, as capoflow cluster status does.",
      "Subcommands start and stop it: real processes, a JobManager and its workers, reached from"
          + " this machine alone. Another packs what a cluster elsewhere needs."
    },
    synopsisSubcommandLabel = "[COMMAND]",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  capoflow cluster up --task-managers 2",
      "  capoflow cluster status",
      "  capoflow cluster down",
      "  capoflow cluster package --output cluster"
    })
final class ClusterCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private ClusterPlace place;

  ClusterCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() {
    return showStatus(terminal, place.directory());
  }

  /** The subcommands, in the order of the help. */
  List<Object> subcommands() {
    return List.of(new Up(terminal), new Status(terminal), new Down(terminal), new Pack(terminal));
  }

  /** Which cluster. */
  static final class ClusterPlace {
    private static final Path USUAL = Path.of(".capoflow", "cluster");

    @Option(
        names = "--directory",
        paramLabel = "DIR",
        description =
            "Where the cluster's configuration, logs and records of its processes lie (default:"
                + " .capoflow/cluster in the project).")
    private Optional<Path> directory = Optional.empty();

    Path directory() {
      return directory.orElseGet(
          () -> Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY, "")).resolve(USUAL));
    }
  }

  /** Starts. */
  @Command(
      name = "up",
      description = {
        "Starts a Flink cluster on this machine and waits until it is ready: a JobManager with"
            + " Flink's web UI, workers, and a HistoryServer for jobs that ended.",
        "It goes on when this command ends, until capoflow cluster down. Of a cluster that has lost"
            + " processes, those are started again as they were."
      },
      mixinStandardHelpOptions = true,
      footer = {
        "",
        "Examples:",
        "  capoflow cluster up",
        "  capoflow cluster up --task-managers 4 --slots 1 --memory 12g",
        "  capoflow cluster up --numerics portable --port 0 --directory /tmp/cluster"
      })
  static final class Up implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin private ClusterPlace place;

    @Option(
        names = "--task-managers",
        paramLabel = "N",
        defaultValue = "2",
        description = "Workers: processes that load models (default: ${DEFAULT-VALUE}).")
    private int taskManagers;

    @Option(
        names = "--slots",
        paramLabel = "N",
        defaultValue = "2",
        description =
            "Tasks of a stage that a worker runs at a time; they share its models (default:"
                + " ${DEFAULT-VALUE}).")
    private int slots;

    @Option(
        names = "--numerics",
        paramLabel = "NUMERICS",
        defaultValue = "native",
        description =
            "native, or portable: every worker computes the same bits on every x86-64 processor"
                + " with AVX2, slower (default: ${DEFAULT-VALUE}).")
    private Numerics numerics;

    @Option(
        names = "--port",
        paramLabel = "PORT",
        defaultValue = "8081",
        description =
            "Of the web UI, and of jobs; 0 takes one that is free (default: ${DEFAULT-VALUE}).")
    private int port;

    @Option(
        names = "--memory",
        paramLabel = "SIZE",
        description =
            "What all of its processes may take together, such as 6g (default: the machine's"
                + " memory but for a quarter of it, at least 2.5 GiB). What the workers have beyond"
                + " Java's and Flink's own is kept for libtorch.")
    private Optional<String> memory = Optional.empty();

    private Up(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      ClusterSettings settings =
          new ClusterSettings(
              place.directory(),
              taskManagers,
              slots,
              numerics,
              port,
              memory.map(Up::bytes).orElseGet(ClusterSettings::usualMemory),
              List.of());
      LocalCluster cluster = LocalCluster.up(settings, terminal::passing);
      if (!cluster.revived().isEmpty()) {
        terminal.line("again    " + String.join(", ", cluster.revived()));
      }
      terminal.line(
          "web UI   http://%s, jobs that ended http://%s"
              .formatted(cluster.address(), cluster.historyAddress()));
      terminal.line(
          "workers  %d of %d slots, numerics %s, %s"
              .formatted(
                  cluster.settings().taskManagers(),
                  cluster.settings().slots(),
                  cluster.settings().numerics().text(),
                  cluster.memory()));
      terminal.line(Terminal.safe("files    " + cluster.directory()));
      terminal.line(
          "train    capoflow train recipes/arithmetic.yaml --flink-master " + cluster.address());
      return 0;
    }

    private static long bytes(String text) {
      try {
        return MemorySize.parse(text).getBytes();
      } catch (IllegalArgumentException e) {
        throw new UserMistake("--memory " + text + ": expects a size such as 6g or 6144m", e);
      }
    }
  }

  /** Shows. */
  @Command(
      name = "status",
      description = {
        "Says of each process of the cluster on this machine whether it runs.",
        "Exit status 1 where one does not, or the JobManager misses a worker."
      },
      mixinStandardHelpOptions = true,
      footer = {"", "Example:", "  capoflow cluster status"})
  static final class Status implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin private ClusterPlace place;

    private Status(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      return showStatus(terminal, place.directory());
    }
  }

  /** Stops. */
  @Command(
      name = "down",
      description = {
        "Stops the cluster on this machine, jobs and all.",
        "Only processes that capoflow cluster up started are touched. Logs and the history of jobs"
            + " stay."
      },
      mixinStandardHelpOptions = true,
      footer = {"", "Example:", "  capoflow cluster down"})
  static final class Down implements Callable<Integer> {
    private final Terminal terminal;

    @Mixin private ClusterPlace place;

    private Down(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      LocalCluster cluster = LocalCluster.of(place.directory());
      LocalCluster.Stopped stopped = cluster.down();
      terminal.line(Terminal.safe(cluster.directory() + ": " + line(stopped)));
      return 0;
    }
  }

  private static String line(LocalCluster.Stopped stopped) {
    int alive = stopped.asked() + stopped.killed();
    if (alive == 0) {
      return "nothing ran";
    }
    return "stopped %s%s%s"
        .formatted(
            JournalCommand.count(alive, "process"),
            stopped.killed() == 0
                ? ""
                : "; %d of them did not end when asked, and were killed"
                    .formatted(stopped.killed()),
            stopped.gone() == 0 ? "" : "; %d had ended before".formatted(stopped.gone()));
  }

  /** Packs. */
  @Command(
      name = "package",
      description = {
        "Writes what a Flink 1.19 cluster needs to run our jobs.",
        "cluster-lib/ goes into its lib/, conf-additions.yaml into its config.yaml, and"
            + " capoflow-job.jar is what flink run is given."
      },
      mixinStandardHelpOptions = true,
      footer = {"", "Example:", "  capoflow cluster package --output cluster"})
  static final class Pack implements Callable<Integer> {
    private final Terminal terminal;

    @Option(
        names = "--output",
        required = true,
        paramLabel = "DIR",
        description = "Folder of the package, which must not be there or be empty.")
    private Path output;

    private Pack(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      ClusterPackage written = ClusterPackage.write(output, ClusterLibraries.ofThisProcess());
      terminal.line(
          Terminal.safe(
              String.format(
                  Locale.ROOT,
                  "%s  %,d bytes, for flink run",
                  output.resolve(ClusterPackage.JOB_JAR),
                  written.jobJarBytes())));
      terminal.line(
          jars(
              ClusterPackage.LIBRARIES,
              written.libraries(),
              written.librariesBytes(),
              "for the cluster's lib/"));
      terminal.line(
          jars(
              ClusterPackage.S3_LIBRARIES,
              written.s3Libraries(),
              written.s3LibrariesBytes(),
              "for lib/, too, where runs lie on S3"));
      terminal.line(
          Terminal.safe(output.resolve(ClusterPackage.KEYS) + "  for the cluster's config.yaml"));
      return 0;
    }

    private String jars(String folder, int count, long bytes, String use) {
      return Terminal.safe(
          String.format(
              Locale.ROOT,
              "%s  %d jars, %.1f MB, %s",
              output.resolve(folder),
              count,
              bytes / 1e6,
              use));
    }
  }

  private static int showStatus(Terminal terminal, Path directory) {
    LocalCluster cluster = LocalCluster.of(directory);
    ClusterStatus status = cluster.status();
    if (!status.isStarted()) {
      terminal.line(Terminal.safe(cluster.directory() + ": down; capoflow cluster up starts it"));
      return 1;
    }
    for (ProcessStatus process : status.processes()) {
      terminal.line(line(process));
    }
    status
        .jobs()
        .ifPresentOrElse(
            jobs -> terminal.line("%d jobs run, http://%s".formatted(jobs, cluster.address())),
            () -> terminal.line("the JobManager does not answer at " + cluster.address()));
    return status.isWhole() ? 0 : 1;
  }

  private static String line(ProcessStatus process) {
    String state = process.alive() ? "alive" : "dead";
    String pid = process.pid().map(number -> "pid " + number).orElse("not started");
    String slots =
        process.slots().map(of -> "%d slots, %d free".formatted(of.all(), of.free())).orElse("");
    return "%-16s %-5s %-12s %s".formatted(process.role(), state, pid, slots).stripTrailing();
  }
}

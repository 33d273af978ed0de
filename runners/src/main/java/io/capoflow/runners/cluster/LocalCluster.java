package io.capoflow.runners.cluster;

import static java.util.Objects.requireNonNull;

import io.capoflow.runners.cluster.ClusterStatus.ProcessStatus;
import io.capoflow.runners.cluster.ClusterStatus.Slots;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A Flink cluster of real processes on this machine, reached over loopback alone: a JobManager with
 * its web UI, workers, and a HistoryServer. The processes outlive the one that started them. What
 * they are is written down in a directory, and nothing is ever done to a process that is not.
 *
 * <pre>{@code
 * try (LocalCluster cluster = LocalCluster.up(ClusterSettings.in(directory), progress -> {})) {
 *   submit(job, cluster.address());
 *   cluster.killTaskManager(1);
 *   cluster.startTaskManager(1);
 * }
 * }</pre>
 *
 * <p>Not thread-safe; processes that start or stop the same cluster wait for nobody: the second is
 * refused.
 */
public final class LocalCluster implements AutoCloseable {
  private static final Duration TO_START = Duration.ofMinutes(3);

  private final ClusterDirectory directory;
  private final ClusterPlan plan;
  private final ProcessLauncher launcher;
  private final ClusterProcesses processes;
  private final ClusterRest rest;
  private final List<String> revived = new ArrayList<>();

  private LocalCluster(ClusterDirectory directory, ClusterPlan plan) {
    this.directory = directory;
    this.plan = plan;
    this.launcher = new ProcessLauncher(directory, plan);
    this.processes = new ClusterProcesses(directory, plan, launcher);
    this.rest = new ClusterRest(plan.address());
  }

  /**
   * A worker.
   *
   * @param number counted from 1
   * @param pid of its process, or of its last one
   * @param alive whether that runs
   */
  public record TaskManager(int number, long pid, boolean alive) {}

  /**
   * How a cluster was stopped.
   *
   * @param asked processes that ended when they were asked to
   * @param killed those that did not, and were killed
   * @param gone those that had ended before
   */
  public record Stopped(int asked, int killed, int gone) {}

  /**
   * Starts a cluster and waits until all of its slots are there. Where it does not come up, nothing
   * of it stays, but for its logs. Of one that runs there and has lost processes, those are started
   * again, as they were: the settings say nothing then.
   *
   * @param progress is told what is waited for
   * @throws UserMistake when a whole one runs there already, or it cannot start: with what its
   *     process said
   */
  public static LocalCluster up(ClusterSettings settings, Consumer<String> progress) {
    requireNonNull(progress, "progress");
    ClusterDirectory directory = new ClusterDirectory(settings.directory());
    requireUsable(directory);
    try (ClusterLock lock = ClusterLock.take(directory)) {
      Optional<LocalCluster> earlier = find(directory);
      if (earlier.isPresent() && earlier.get().isLame()) {
        earlier.get().revive(progress);
        return earlier.get();
      }
      earlier.ifPresent(LocalCluster::requireDead);
      ClusterPorts ports = ClusterPorts.free(settings.port());
      removeWhatIsStale(directory);
      ClusterPlan plan = ClusterPlan.of(settings, ports);
      plan.write(directory.plan());
      LocalCluster cluster = new LocalCluster(directory, plan);
      cluster.start(progress);
      return cluster;
    } catch (IOException e) {
      throw notWritable(directory, e);
    }
  }

  /**
   * The cluster of a directory, running or not.
   *
   * @throws UserMistake when there was never one
   */
  public static LocalCluster of(Path root) {
    ClusterDirectory directory = new ClusterDirectory(root.toAbsolutePath().normalize());
    return find(directory)
        .orElseThrow(
            () ->
                new UserMistake(
                    directory.root()
                        + ": there is no cluster; start one with capoflow cluster up, or name its"
                        + " folder with --directory"));
  }

  private static Optional<LocalCluster> find(ClusterDirectory directory) {
    return ClusterPlan.read(directory.plan()).map(plan -> new LocalCluster(directory, plan));
  }

  private static void requireUsable(ClusterDirectory directory) {
    Path root = directory.root();
    try {
      Files.createDirectories(root);
      try (var files = Files.list(root)) {
        boolean empty = files.allMatch(directory.lock()::equals);
        if (!empty && Files.notExists(directory.plan())) {
          throw new UserMistake(
              "--directory "
                  + root
                  + ": holds files but no cluster's; name one that is empty or not there");
        }
      }
    } catch (IOException e) {
      throw notWritable(directory, e);
    }
  }

  private static UserMistake notWritable(ClusterDirectory directory, IOException cause) {
    return new UserMistake(
        "--directory "
            + directory.root()
            + ": cannot be written ("
            + cause
            + "); name one of yours, on a disk with room",
        cause);
  }

  private boolean isLame() {
    ClusterStatus status = status();
    return status.isRunning() && status.processes().stream().anyMatch(process -> !process.alive());
  }

  private void revive(Consumer<String> progress) {
    for (ProcessStatus process : status().processes()) {
      if (!process.alive()) {
        processes.start(process.role());
        revived.add(process.role().toString());
      }
    }
    awaitReady(progress);
  }

  /** Processes that {@link #up} has started again, by their names. */
  public List<String> revived() {
    return List.copyOf(revived);
  }

  private void requireDead() {
    if (status().isRunning()) {
      throw new UserMistake(
          directory.root()
              + ": a cluster runs there already, its web UI is http://"
              + plan.address()
              + "; see capoflow cluster status, or stop it with capoflow cluster down");
    }
  }

  /** Logs and the history of jobs stay. */
  private static void removeWhatIsStale(ClusterDirectory directory) throws IOException {
    for (Path stale :
        List.of(
            directory.processes(),
            directory.libraries(),
            directory.temporary(),
            directory.configuration())) {
      Trees.delete(stale);
    }
  }

  private void start(Consumer<String> progress) throws IOException {
    // Whoever stops this program meanwhile, by Ctrl-C say, stops what it has started.
    Thread stopper = new Thread(processes::killAll, "stop-cluster");
    Runtime.getRuntime().addShutdownHook(stopper);
    try {
      launcher.prepare(ClusterLibraries.ofThisProcess());
      plan.roles().forEach(processes::start);
      awaitReady(progress);
    } catch (IOException | RuntimeException failure) {
      processes.killAll();
      withdraw(stopper);
      throw failure;
    }
    withdraw(stopper);
  }

  private static void withdraw(Thread stopper) {
    try {
      Runtime.getRuntime().removeShutdownHook(stopper);
    } catch (IllegalStateException thisProgramEnds) {
      throw new UserMistake(
          "stopped before the cluster was ready; nothing of it runs", thisProgramEnds);
    }
  }

  /**
   * Waits until the JobManager answers and all workers have offered it their slots.
   *
   * @param progress is told what is waited for
   * @throws UserMistake when a process ends meanwhile, or it takes minutes
   */
  public void awaitReady(Consumer<String> progress) {
    boolean ready =
        Waiting.until(
            TO_START,
            () -> {
              ClusterStatus status = status();
              status.processes().forEach(this::requireAlive);
              progress.accept(stillWaiting(status));
              return status.isWhole();
            });
    if (!ready) {
      throw new UserMistake(
          "the cluster is not ready after %d s: %s; see the logs in %s"
              .formatted(
                  TO_START.toSeconds(),
                  stillWaiting(status()),
                  directory.log(Role.JOB_MANAGER).getParent()));
    }
  }

  private String stillWaiting(ClusterStatus status) {
    if (status.jobs().isEmpty()) {
      return "waiting for the JobManager at " + plan.address();
    }
    long there = status.processes().stream().filter(process -> process.slots().isPresent()).count();
    return "%d of %d TaskManagers are there".formatted(there, plan.taskManagers());
  }

  private void requireAlive(ProcessStatus process) {
    if (!process.alive()) {
      throw new UserMistake(
          "the cluster did not start: %s ended%s; see %s and %s"
              .formatted(
                  process.role(),
                  processes
                      .firstWords(process.role())
                      .map(words -> " and said \"" + words + "\"")
                      .orElse(""),
                  directory.output(process.role()),
                  directory.log(process.role())));
    }
  }

  /** How its processes are, and what the JobManager says of them. */
  public ClusterStatus status() {
    Optional<ClusterRest.Overview> overview =
        processes.isAlive(Role.JOB_MANAGER) ? rest.overview() : Optional.empty();
    List<ProcessStatus> statuses =
        plan.roles().stream()
            .map(
                role -> {
                  Optional<RecordedProcess> recorded = processes.recorded(role);
                  boolean alive = recorded.filter(RecordedProcess::isAlive).isPresent();
                  return new ProcessStatus(
                      role,
                      recorded.map(RecordedProcess::pid),
                      alive,
                      overview
                          .filter(answer -> alive)
                          .map(answer -> answer.workers().get(role.toString()))
                          .map(worker -> new Slots(worker.slots(), worker.free())));
                })
            .toList();
    return new ClusterStatus(
        statuses,
        overview.map(answer -> OptionalInt.of(answer.jobs())).orElseGet(OptionalInt::empty));
  }

  /** Host and port of the JobManager: the web UI, and where jobs are submitted. */
  public String address() {
    return plan.address();
  }

  /** Host and port of the HistoryServer. */
  public String historyAddress() {
    return plan.historyAddress();
  }

  /** What is kept for what, in a line. */
  public String memory() {
    return settings().division().toString();
  }

  /** Where all of its files lie. */
  public Path directory() {
    return directory.root();
  }

  /** What it was started with; {@link ClusterSettings#port} is the one that was taken. */
  public ClusterSettings settings() {
    return plan.settings(directory.root());
  }

  /** Its workers, those that were killed among them. */
  public List<TaskManager> taskManagers() {
    return IntStream.rangeClosed(1, plan.taskManagers())
        .mapToObj(
            number -> {
              RecordedProcess process = processes.require(Role.taskManager(number));
              return new TaskManager(number, process.pid(), process.isAlive());
            })
        .toList();
  }

  /**
   * Kills a worker as {@code kill -9} does, and waits until it is gone. The JobManager hears of it
   * later.
   *
   * @param number counted from 1
   */
  public void killTaskManager(int number) {
    processes.kill(Role.taskManager(number));
  }

  /**
   * Starts a worker that is dead; {@link #awaitReady} waits for its slots.
   *
   * @param number counted from 1
   */
  public void startTaskManager(int number) {
    startAgain(Role.taskManager(number));
  }

  /** Kills the JobManager as {@code kill -9} does: its jobs are lost. */
  public void killJobManager() {
    processes.kill(Role.JOB_MANAGER);
  }

  /** Starts the JobManager when it is dead, at the same address; the workers find it. */
  public void startJobManager() {
    startAgain(Role.JOB_MANAGER);
  }

  private void startAgain(Role role) {
    if (!plan.roles().contains(role)) {
      throw new IllegalArgumentException("the cluster has no " + role);
    }
    processes.start(role);
  }

  /**
   * Stops all processes of the cluster: asks them to end, and kills those that have not after some
   * seconds. Their records are deleted; logs and history stay.
   *
   * @throws UserMistake when another process starts or stops the same cluster, or a record cannot
   *     be read
   */
  public Stopped down() {
    try (ClusterLock lock = ClusterLock.take(directory)) {
      return processes.stop();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot put " + directory.root() + " in order", e);
    }
  }

  /** As {@link #down} does. */
  @Override
  public void close() {
    down();
  }
}

package io.capoflow.runners.cluster;

import io.capoflow.runners.cluster.LocalCluster.Stopped;
import io.capoflow.transforms.storage.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The processes of a cluster on one machine, by what was written down when they started. */
final class ClusterProcesses {
  private static final Duration TO_END = Duration.ofSeconds(15);

  private final ClusterDirectory directory;
  private final ClusterPlan plan;
  private final ProcessLauncher launcher;

  /** Whether its start was given up, perhaps while another thread was at it. */
  private boolean givenUp;

  ClusterProcesses(ClusterDirectory directory, ClusterPlan plan, ProcessLauncher launcher) {
    this.directory = directory;
    this.plan = plan;
    this.launcher = launcher;
  }

  /** The process that was started last as this; empty where none was, or it was stopped. */
  Optional<RecordedProcess> recorded(Role role) {
    return RecordedProcess.read(directory.processFile(role));
  }

  /** The same, which has to be there. */
  RecordedProcess require(Role role) {
    return recorded(role)
        .orElseThrow(() -> new IllegalStateException("the cluster has no " + role + " any more"));
  }

  boolean isAlive(Role role) {
    return recorded(role).filter(RecordedProcess::isAlive).isPresent();
  }

  /** The first line that a process wrote to the console: mostly why it ended. */
  Optional<String> firstWords(Role role) {
    try (Stream<String> lines = Files.lines(directory.output(role))) {
      return lines.filter(line -> !line.isBlank()).findFirst();
    } catch (IOException | UncheckedIOException unreadable) {
      return Optional.empty();
    }
  }

  synchronized void start(Role role) {
    if (givenUp) {
      throw new IllegalStateException("the cluster's start was given up");
    }
    if (isAlive(role)) {
      throw new IllegalStateException(role + " runs already");
    }
    launcher.start(role);
  }

  /** Kills a process and waits until it is gone. */
  void kill(Role role) {
    RecordedProcess process = require(role);
    process.kill();
    requireEnd(List.of(process));
  }

  /** Kills all of them, for a start that failed: nobody will miss what they hold. None follows. */
  synchronized void killAll() {
    givenUp = true;
    List<RecordedProcess> killed = List.copyOf(all().values());
    killed.forEach(RecordedProcess::kill);
    requireEnd(killed);
  }

  /** Asks all of them to end, kills those that do not, and deletes their records. */
  Stopped stop() throws IOException {
    Map<Role, RecordedProcess> recorded = all();
    List<RecordedProcess> alive =
        recorded.values().stream().filter(RecordedProcess::isAlive).toList();
    alive.forEach(RecordedProcess::terminate);
    Waiting.until(TO_END, () -> alive.stream().noneMatch(RecordedProcess::isAlive));
    List<RecordedProcess> stubborn = alive.stream().filter(RecordedProcess::isAlive).toList();
    stubborn.forEach(RecordedProcess::kill);
    requireEnd(stubborn);
    for (Role role : recorded.keySet()) {
      Files.delete(directory.processFile(role));
    }
    Trees.delete(directory.temporary());
    return new Stopped(
        alive.size() - stubborn.size(), stubborn.size(), recorded.size() - alive.size());
  }

  private Map<Role, RecordedProcess> all() {
    Map<Role, RecordedProcess> recorded = new LinkedHashMap<>();
    for (Role role : plan.roles()) {
      recorded(role).ifPresent(process -> recorded.put(role, process));
    }
    return recorded;
  }

  private static void requireEnd(List<RecordedProcess> killed) {
    if (!Waiting.until(TO_END, () -> killed.stream().noneMatch(RecordedProcess::isAlive))) {
      throw new IllegalStateException(
          "processes do not end although they were killed: "
              + killed.stream()
                  .filter(RecordedProcess::isAlive)
                  .map(RecordedProcess::pid)
                  .toList());
    }
  }
}

package io.capoflow.runners.cluster;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.tensor.Numerics;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.List;
import org.apache.flink.configuration.MemorySize;

/**
 * A cluster on one machine, as somebody wants it. Immutable; each {@code with…} returns a copy.
 *
 * @param directory where all of its files lie
 * @param taskManagers workers, at least 1
 * @param slots tasks that a worker runs at a time, at least 1
 * @param numerics of every worker
 * @param port of the web UI and of the calls that submit jobs; 0 takes one that is free
 * @param memory bytes that all of its processes may take together
 * @param workerOptions what else Java is given in a worker, after our own options
 */
public record ClusterSettings(
    Path directory,
    int taskManagers,
    int slots,
    Numerics numerics,
    int port,
    long memory,
    List<String> workerOptions) {
  /** Flink's usual one. */
  public static final int USUAL_PORT = 8081;

  private static final int LAST_PORT = 65535;

  public ClusterSettings {
    directory = directory.toAbsolutePath().normalize();
    requireNonNull(numerics, "numerics");
    workerOptions = List.copyOf(workerOptions);
    if (taskManagers < 1) {
      throw new UserMistake("--task-managers " + taskManagers + ": expects at least 1");
    }
    if (slots < 1) {
      throw new UserMistake("--slots " + slots + ": expects at least 1");
    }
    if (port < 0 || port > LAST_PORT) {
      throw new UserMistake("--port " + port + ": expects a port, 0 to " + LAST_PORT);
    }
    // Says now what is too little.
    ClusterMemory.divide(new MemorySize(memory), taskManagers, slots);
  }

  /**
   * Two workers of two slots, in the memory that the machine has.
   *
   * @param directory where all files of the cluster lie
   */
  public static ClusterSettings in(Path directory) {
    return new ClusterSettings(
        directory, 2, 2, Numerics.NATIVE, USUAL_PORT, usualMemory(), List.of());
  }

  /**
   * Bytes that a cluster takes where nobody says: the machine's memory but for a quarter of it, and
   * for at least 2.5 GiB.
   */
  public static long usualMemory() {
    return ClusterMemory.usual().getBytes();
  }

  public ClusterSettings withWorkers(int count, int slotsOfEach) {
    return new ClusterSettings(
        directory, count, slotsOfEach, numerics, port, memory, workerOptions);
  }

  public ClusterSettings withNumerics(Numerics wanted) {
    return new ClusterSettings(directory, taskManagers, slots, wanted, port, memory, workerOptions);
  }

  public ClusterSettings withPort(int wanted) {
    return new ClusterSettings(
        directory, taskManagers, slots, numerics, wanted, memory, workerOptions);
  }

  public ClusterSettings withMemory(long bytes) {
    return new ClusterSettings(
        directory, taskManagers, slots, numerics, port, bytes, workerOptions);
  }

  public ClusterSettings withWorkerOptions(List<String> options) {
    return new ClusterSettings(directory, taskManagers, slots, numerics, port, memory, options);
  }

  ClusterMemory division() {
    return ClusterMemory.divide(new MemorySize(memory), taskManagers, slots);
  }
}

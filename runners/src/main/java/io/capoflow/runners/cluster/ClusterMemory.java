package io.capoflow.runners.cluster;

import com.sun.management.OperatingSystemMXBean;
import io.capoflow.schemas.UserMistake;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.apache.flink.configuration.MemorySize;

/**
 * How the memory of a machine is divided among the processes of a cluster on it. All sizes are in
 * MiB. Libtorch's memory lies outside Java's and Flink's, and is most of what a worker needs.
 *
 * @param taskHeap of a TaskManager: rows on their way, and those of the last shards
 * @param network of a TaskManager: rows between stages
 * @param managed of a TaskManager: where Flink sorts
 * @param libtorch of a TaskManager: models, moments and what they compute
 */
record ClusterMemory(long taskHeap, long network, long managed, long libtorch) {
  /** Classes of Beam, Hadoop, Flink and ours. */
  private static final long METASPACE = 256;

  /** Threads' stacks and Java's own structures. */
  private static final long OVERHEAD = 192;

  /** Flink's own, beside tasks. */
  private static final long FRAMEWORK_HEAP = 128;

  private static final long FRAMEWORK_OFF_HEAP = 128;

  /** A job graph holds the problems of an iteration and the plan of its shards. */
  private static final long JOB_MANAGER_HEAP = 512;

  private static final long JOB_MANAGER_OFF_HEAP = 128;

  static final long HISTORY_HEAP = 64;

  /** The HistoryServer's heap, and as much again. */
  private static final long HISTORY = 2 * HISTORY_HEAP;

  private static final long HEAP_OF_SLOT = 256;
  private static final long MOST_HEAP = 4096;
  private static final long NETWORK_OF_SLOT = 64;
  private static final long MANAGED_OF_SLOT = 64;
  private static final long LEAST_LIBTORCH = 256;

  /** What the driver, the user's other programs and the system's cache of files are left. */
  private static final long LEAST_FOR_OTHERS = 2560;

  /**
   * What a cluster takes where nobody says: the machine's memory but for a quarter of it, and for
   * at least 2.5 GiB.
   */
  static MemorySize usual() {
    long machine =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize() >> 20;
    return MemorySize.ofMebiBytes(Math.max(1, machine - Math.max(LEAST_FOR_OTHERS, machine / 4)));
  }

  /**
   * Divides what the cluster's processes may take together.
   *
   * @param all what they may take
   * @throws UserMistake when it is too little for as many workers
   */
  static ClusterMemory divide(MemorySize all, int taskManagers, int slots) {
    long network = Math.max(2, slots) * NETWORK_OF_SLOT;
    long managed = Math.max(2, slots) * MANAGED_OF_SLOT;
    long leastHeap = Math.max(2, slots) * HEAP_OF_SLOT;
    long fixed = FRAMEWORK_HEAP + FRAMEWORK_OFF_HEAP + METASPACE + OVERHEAD + network + managed;
    long least = jobManager() + HISTORY + taskManagers * (fixed + leastHeap + LEAST_LIBTORCH);
    if (all.getMebiBytes() < least) {
      throw new UserMistake(
          "--memory %dm: %d TaskManagers of %d slots take at least %dm; give them more, or ask for fewer with --task-managers and --slots"
              .formatted(all.getMebiBytes(), taskManagers, slots, least));
    }
    long free = (all.getMebiBytes() - jobManager() - HISTORY) / taskManagers - fixed;
    long taskHeap = Math.max(leastHeap, Math.min(MOST_HEAP, free / 4));
    return new ClusterMemory(taskHeap, network, managed, free - taskHeap);
  }

  private static long jobManager() {
    return JOB_MANAGER_HEAP + JOB_MANAGER_OFF_HEAP + METASPACE + OVERHEAD;
  }

  /** What Flink has to be told. */
  List<ClusterKey> keys() {
    return List.of(
        key(
            "jobmanager.memory.heap.size",
            JOB_MANAGER_HEAP,
            "A job graph holds the problems of an iteration and the plan of its shards."),
        key("jobmanager.memory.off-heap.size", JOB_MANAGER_OFF_HEAP, "Of the JobManager's calls."),
        key("jobmanager.memory.jvm-metaspace.size", METASPACE, "Classes of Flink, Beam and ours."),
        key("jobmanager.memory.jvm-overhead.min", OVERHEAD, "Stacks, and Java's own structures."),
        key("jobmanager.memory.jvm-overhead.max", OVERHEAD, "The same, whatever else there is."),
        key("taskmanager.memory.framework.heap.size", FRAMEWORK_HEAP, "Flink's own, beside tasks."),
        key("taskmanager.memory.framework.off-heap.size", FRAMEWORK_OFF_HEAP, "The same."),
        key("taskmanager.memory.task.heap.size", taskHeap, "Rows on their way, of all slots."),
        key(
            "taskmanager.memory.task.off-heap.size",
            libtorch,
            "What is kept for libtorch: models, moments, what they compute. Flink sets nothing"
                + " aside for it, and nothing keeps libtorch within it."),
        key("taskmanager.memory.network.min", network, "Rows between stages: a few MB at a time."),
        key("taskmanager.memory.network.max", network, "The same."),
        key("taskmanager.memory.managed.size", managed, "Where Flink sorts rows."),
        key("taskmanager.memory.jvm-metaspace.size", METASPACE, "Classes of Flink, Beam and ours."),
        key("taskmanager.memory.jvm-overhead.min", OVERHEAD, "Stacks, and Java's own structures."),
        key("taskmanager.memory.jvm-overhead.max", OVERHEAD, "The same, whatever else there is."));
  }

  /** For people. */
  @Override
  public String toString() {
    return "each %dm for libtorch, %dm of heap for rows".formatted(libtorch, taskHeap);
  }

  private static ClusterKey key(String name, long mebibytes, String reason) {
    return new ClusterKey(name, mebibytes + "m", reason);
  }
}

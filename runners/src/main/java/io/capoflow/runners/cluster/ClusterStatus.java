package io.capoflow.runners.cluster;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a cluster is. Immutable.
 *
 * @param processes in the order in which they start
 * @param jobs that run; empty where the JobManager does not answer
 */
public record ClusterStatus(List<ProcessStatus> processes, OptionalInt jobs) {
  public ClusterStatus {
    processes = List.copyOf(processes);
    requireNonNull(jobs, "jobs");
  }

  /**
   * How a process is.
   *
   * @param role what it is
   * @param pid its number, or what it was; empty where it was never started
   * @param alive whether it runs
   * @param slots of a worker that the JobManager knows
   */
  public record ProcessStatus(Role role, Optional<Long> pid, boolean alive, Optional<Slots> slots) {
    public ProcessStatus {
      requireNonNull(role, "role");
      requireNonNull(pid, "pid");
      requireNonNull(slots, "slots");
    }
  }

  /**
   * Slots of a worker.
   *
   * @param all of them
   * @param free those in which nothing runs
   */
  public record Slots(int all, int free) {}

  /** Whether all processes run, the JobManager answers, and it knows every worker. */
  public boolean isWhole() {
    return jobs.isPresent()
        && processes.stream()
            .allMatch(
                process ->
                    process.alive()
                        && (process.role().kind() != Role.Kind.TASK_MANAGER
                            || process.slots().isPresent()));
  }

  /** Whether somebody started it and has not stopped it since. */
  public boolean isStarted() {
    return processes.stream().anyMatch(process -> process.pid().isPresent());
  }

  /** Whether a process of it runs. */
  public boolean isRunning() {
    return processes.stream().anyMatch(ProcessStatus::alive);
  }
}

package io.capoflow.runners.cluster;

import static java.util.Objects.requireNonNull;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process of a cluster is.
 *
 * @param kind its program
 * @param number counted from 1; 0 where there is one alone
 */
public record Role(Kind kind, int number) {
  public static final Role JOB_MANAGER = new Role(Kind.JOB_MANAGER, 0);
  public static final Role HISTORY_SERVER = new Role(Kind.HISTORY_SERVER, 0);

  private static final String WORKER = "task-manager-";
  private static final Pattern OF_WORKER = Pattern.compile(WORKER + "(?<number>[1-9]\\d{0,3})");

  /** A program of Flink's. */
  public enum Kind {
    JOB_MANAGER("org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint"),
    TASK_MANAGER("org.apache.flink.runtime.taskexecutor.TaskManagerRunner"),
    HISTORY_SERVER("org.apache.flink.runtime.webmonitor.history.HistoryServer");

    private final String mainClass;

    Kind(String mainClass) {
      this.mainClass = mainClass;
    }

    String mainClass() {
      return mainClass;
    }
  }

  public Role {
    requireNonNull(kind, "kind");
  }

  /**
   * A worker.
   *
   * @param number counted from 1
   */
  public static Role taskManager(int number) {
    return new Role(Kind.TASK_MANAGER, number);
  }

  /**
   * The role of that name.
   *
   * @throws IllegalArgumentException when it is none
   */
  static Role of(String name) {
    for (Role alone : new Role[] {JOB_MANAGER, HISTORY_SERVER}) {
      if (alone.toString().equals(name)) {
        return alone;
      }
    }
    Matcher worker = OF_WORKER.matcher(name);
    if (!worker.matches()) {
      throw new IllegalArgumentException("no role of a cluster: " + name);
    }
    return taskManager(Integer.parseInt(worker.group("number")));
  }

  /** As files and people name it. */
  @Override
  public String toString() {
    return switch (kind) {
      case JOB_MANAGER -> "job-manager";
      case TASK_MANAGER -> WORKER + number;
      case HISTORY_SERVER -> "history-server";
    };
  }
}

package io.capoflow.runners.engine;

import java.util.Optional;
import org.apache.flink.api.java.ExecutionEnvironment;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;

/**
 * Whether Flink runs this program, rather than this program Flink: {@code flink run
 * capoflow-job.jar train RECIPE}, or an application cluster, where the program is a guest in the
 * JobManager's process.
 */
@SuppressWarnings("deprecation") // Beam's batch pipelines still run on Flink's DataSet API.
public final class FlinkRun {
  /** Deployment target of a program inside a JobManager. */
  private static final String IN_JOB_MANAGER = "embedded";

  private FlinkRun() {}

  /** What Flink was told of its cluster; empty where this program was not started by Flink. */
  public static Optional<Configuration> configuration() {
    return ExecutionEnvironment.areExplicitEnvironmentsAllowed()
        ? Optional.empty()
        : Optional.of(ExecutionEnvironment.getExecutionEnvironment().getConfiguration())
            .filter(found -> !FlinkEnvironment.isOurs(found));
  }

  /** Whether to end the process would end a JobManager. */
  public static boolean isGuest() {
    return configuration()
        .map(found -> IN_JOB_MANAGER.equals(found.get(DeploymentOptions.TARGET)))
        .orElse(false);
  }
}

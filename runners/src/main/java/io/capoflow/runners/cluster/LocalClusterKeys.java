package io.capoflow.runners.cluster;

import java.util.ArrayList;
import java.util.List;

/** The {@code config.yaml} of a cluster on one machine. */
final class LocalClusterKeys {
  private static final String HOST = "localhost";

  private LocalClusterKeys() {}

  /**
   * The keys, in the order of their file.
   *
   * @param ports which are free
   */
  static List<ClusterKey> of(ClusterSettings settings, ClusterPorts ports) {
    ClusterDirectory directory = new ClusterDirectory(settings.directory());
    String history = directory.history().toUri().toString();
    List<ClusterKey> keys =
        new ArrayList<>(
            List.of(
                host("jobmanager.rpc.address"),
                host("jobmanager.bind-host"),
                new ClusterKey(
                    "jobmanager.rpc.port",
                    Integer.toString(ports.rpc()),
                    "Workers find the JobManager here, and find it again when it comes back."),
                host("taskmanager.host"),
                host("taskmanager.bind-host"),
                host("rest.address"),
                host("rest.bind-address"),
                new ClusterKey(
                    "rest.port", Integer.toString(ports.rest()), "The web UI, and jobs."),
                new ClusterKey(
                    "rest.bind-port", Integer.toString(ports.rest()), "This one and no other."),
                new ClusterKey(
                    "taskmanager.numberOfTaskSlots",
                    Integer.toString(settings.slots()),
                    "Tasks of a stage that a worker runs at a time. They share its models."),
                new ClusterKey(
                    "parallelism.default",
                    Integer.toString(settings.taskManagers() * settings.slots()),
                    "Where a job does not say: all slots."),
                new ClusterKey(
                    "jobmanager.archive.fs.dir", history, "What remains of jobs that ended."),
                new ClusterKey(
                    "historyserver.archive.fs.dir",
                    history,
                    "The HistoryServer shows what remains."),
                new ClusterKey(
                    "historyserver.archive.fs.refresh-interval",
                    "5000",
                    "Milliseconds. The HistoryServer looks for more so often."),
                new ClusterKey(
                    "historyserver.archive.retained-jobs",
                    "200",
                    "An iteration is a job: the directory does not grow for ever."),
                host("historyserver.web.address"),
                new ClusterKey(
                    "historyserver.web.port", Integer.toString(ports.history()), "Its web UI."),
                new ClusterKey(
                    "historyserver.web.tmpdir",
                    directory.temporary(Role.HISTORY_SERVER).toString(),
                    "What it has unpacked.")));
    keys.addAll(settings.division().keys());
    keys.addAll(ClusterKeys.all());
    return List.copyOf(keys);
  }

  private static ClusterKey host(String name) {
    return new ClusterKey(name, HOST, "Flink runs the code of whoever reaches it: loopback alone.");
  }
}

package io.capoflow.runners.cluster;

import java.nio.file.Path;

/**
 * Where the files of a cluster on one machine lie.
 *
 * @param root of all of them
 */
record ClusterDirectory(Path root) {
  /** Flink's {@code config.yaml}, and how the processes log. */
  Path configuration() {
    return root.resolve("conf");
  }

  /** What was started, and with which settings. */
  Path plan() {
    return root.resolve("cluster.json");
  }

  /** A file for each process. */
  Path processes() {
    return root.resolve("processes");
  }

  Path processFile(Role role) {
    return processes().resolve(role + ".json");
  }

  Path log(Role role) {
    return root.resolve("logs").resolve(role + ".log");
  }

  /** What the process writes to the console: mostly why it did not start. */
  Path output(Role role) {
    return root.resolve("logs").resolve(role + ".out");
  }

  /** Copies of our jars: the launcher deletes builds that are old, a cluster may be older. */
  Path libraries() {
    return root.resolve("lib");
  }

  /** Of jobs that ended. */
  Path history() {
    return root.resolve("history");
  }

  /** What no process needs any more when it is over. */
  Path temporary() {
    return root.resolve("temporary");
  }

  Path temporary(Role role) {
    return temporary().resolve(role.toString());
  }

  /** Held by whoever starts or stops the cluster. */
  Path lock() {
    return root.resolve(".lock");
  }
}

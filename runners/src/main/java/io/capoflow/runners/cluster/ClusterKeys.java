package io.capoflow.runners.cluster;

import java.util.List;

/** Keys that every cluster needs which runs our jobs, on one machine or on many. */
final class ClusterKeys {
  /** Classes that a worker loads once, from its {@code lib/}, whatever job asks. */
  private static final String OF_LIB =
      "io.capoflow.;org.apache.beam.;org.apache.avro.;org.apache.parquet.;org.apache.hadoop."
          + ";ai.djl.;com.sun.jna.";

  private ClusterKeys() {}

  /** The keys, in the order of their file. */
  static List<ClusterKey> all() {
    return List.of(
        new ClusterKey(
            "classloader.parent-first-patterns.additional",
            OF_LIB,
            "Classes of lib/ come from there alone. A native library loads once a process, models"
                + " stay loaded from job to job, and no job loads Beam anew."),
        new ClusterKey(
            "env.java.opts.all",
            String.join(" ", JavaOptions.needed()),
            "Java 17 opens these packages to the serialisers of Flink and Beam. DJL asks no"
                + " network, and a tensor operation has one thread until a job says otherwise."
                + " Avro makes records of our packages."),
        new ClusterKey(
            "taskmanager.load-balance.mode",
            "SLOTS",
            "Sampling and critique are most of the work: they spread over all workers."),
        new ClusterKey(
            "restart-strategy.type",
            "fixed-delay",
            "A job goes on when a worker dies. Shards that were committed are read, not computed"
                + " again."),
        new ClusterKey(
            "restart-strategy.fixed-delay.attempts",
            "20",
            "The loss of one worker takes several attempts."),
        new ClusterKey(
            "restart-strategy.fixed-delay.delay", "1 s", "A worker may be back in seconds."),
        new ClusterKey(
            "jobmanager.execution.failover-strategy",
            "region",
            "What a loss does not touch goes on."),
        new ClusterKey(
            "task.cancellation.timeout",
            "600000",
            "Milliseconds. A whole generation is one native call, which nothing interrupts. A task"
                + " that takes longer to end brings its worker down, with every model in it."),
        new ClusterKey(
            "heartbeat.interval", "2000", "Milliseconds. A killed worker is noticed in seconds:"),
        new ClusterKey(
            "heartbeat.rpc-failure-threshold",
            "2",
            "two calls that nobody takes, in a row, say that it is dead."),
        new ClusterKey(
            "heartbeat.timeout",
            "60000",
            "Milliseconds. One that is only slow is not given up: all cores compute, and a machine"
                + " may be busy with others' work."),
        new ClusterKey("pekko.ask.timeout", "60 s", "The same for calls between the processes."),
        new ClusterKey(
            "web.submit.enable",
            "false",
            "No jars are uploaded in the web UI. Jobs come from capoflow or from flink run, which"
                + " do not need it."));
  }
}

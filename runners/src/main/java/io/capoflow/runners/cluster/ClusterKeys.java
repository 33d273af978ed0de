package io.capoflow.runners.cluster;

import java.util.List;

/** Keys that every cluster needs which runs our jobs, on one machine or on many. */
final class ClusterKeys {
  /** Ours, and all whose classes ours and Beam's are made of or hand out. */
  private static final String OF_LIB =
      "io.capoflow.;org.apache.beam.;org.apache.avro.;org.apache.parquet.;org.apache.hadoop."
          + ";ai.djl.;com.sun.jna.;com.fasterxml.jackson.;io.opentelemetry.;org.joda.time.";

  /** Keys that only some clusters want, as comments. */
  static final String OPTIONAL =
      """

      # For Prometheus, take the first # away from these two keys. Flink's distribution and image hold the reporter, in
      # plugins/metrics-prometheus. Each process answers at the first of these ports that is free.
      #metrics.reporter.prom.factory.class: 'org.apache.flink.metrics.prometheus.PrometheusReporterFactory'
      #metrics.reporter.prom.port: '9249-9260'
      """;

  private ClusterKeys() {}

  /** The keys, in the order of their file. */
  static List<ClusterKey> all() {
    return List.of(
        new ClusterKey(
            "classloader.resolve-order",
            "parent-first",
            "What lib/ has comes from there, whatever a job brings along, as on a laptop. Leave this"
                + " key out on a cluster of which others' jobs want Flink's child-first: the next"
                + " one holds what ours need."),
        new ClusterKey(
            "classloader.parent-first-patterns.additional",
            OF_LIB,
            "A native library loads once a process, models stay loaded from job to job, and no job"
                + " loads Beam anew. A job that brings what Beam is made of would break Beam for"
                + " all jobs of the process."),
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
            "taskmanager.network.sort-shuffle.min-buffers",
            "128",
            "Of 32 KB, for each output of a task. An iteration's are a few MB. With Flink's 512 a"
                + " worker of 64 MB of network memory for a slot would not hold all of them."),
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
            "heartbeat.interval",
            "2000",
            "Milliseconds. The JobManager calls each worker so often."),
        new ClusterKey(
            "heartbeat.rpc-failure-threshold",
            "2",
            "So many calls in a row that nobody takes say that a worker is dead: a kill is noticed in seconds."),
        new ClusterKey(
            "heartbeat.timeout",
            "30000",
            "Milliseconds. A worker that takes calls and answers late is not given up: all its cores"
                + " compute."),
        new ClusterKey(
            "cluster.registration.error-delay",
            "1000",
            "Milliseconds. A worker that does not find the JobManager looks again so soon."),
        new ClusterKey(
            "pekko.ask.timeout", "60 s", "Calls between processes may be answered late, too."),
        new ClusterKey(
            "metrics.reporter.capoflow.factory.class",
            WorkerMetricsFactory.class.getName(),
            "What the stages of a worker count is among the worker's metrics, for the web UI and"
                + " for other reporters. It sends nothing anywhere."),
        new ClusterKey(
            "web.submit.enable",
            "false",
            "No jars are uploaded in the web UI. Jobs come from capoflow or from flink run, which"
                + " do not need it."));
  }
}

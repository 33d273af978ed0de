package io.capoflow.runners.cluster;

import io.capoflow.transforms.metrics.WorkerCounts;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.LogicalScopeProvider;
import org.apache.flink.metrics.Metric;
import org.apache.flink.metrics.MetricConfig;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.runtime.metrics.groups.TaskMetricGroup;

/**
 * Shows what stages have counted in a worker among Flink's own metrics of that worker, as {@code
 * capoflow.sample.rollouts}: in the web UI, over REST, and to whatever reporters there are.
 *
 * <p>Beam hands a job's metrics to Flink when a task ends, and Flink forgets a task's metrics then:
 * nobody who asks every few seconds would see them. Flink gives nothing but a reporter the metrics
 * of a whole worker to add to, so this is one, though it reports nowhere.
 */
public final class WorkerMetrics implements MetricReporter {
  /** What the names of all of ours begin with. */
  static final String GROUP = "capoflow";

  private boolean added;

  @Override
  public void open(MetricConfig config) {}

  @Override
  public void close() {}

  /**
   * Adds ours to the worker of the first task: before it, there is nothing to count. Flink calls
   * this for one metric at a time.
   */
  @Override
  public void notifyOfAddedMetric(Metric metric, String name, MetricGroup group) {
    if (!added
        && LogicalScopeProvider.castFrom(group).getWrappedMetricGroup()
            instanceof TaskMetricGroup task) {
      added = true;
      // Flink holds locks now that another thread may take in another order.
      Thread adding = new Thread(() -> add(task.parent().parent()), "capoflow-metrics");
      adding.setDaemon(true);
      adding.start();
    }
  }

  @Override
  public void notifyOfRemovedMetric(Metric metric, String name, MetricGroup group) {}

  private static void add(MetricGroup worker) {
    MetricGroup ours = worker.addGroup(GROUP);
    for (WorkerCounts.Key key : WorkerCounts.keys()) {
      ours.addGroup(key.owner()).counter(key.figure().text(), new Count(key));
    }
  }

  /** Counts elsewhere. */
  private record Count(WorkerCounts.Key key) implements Counter {
    @Override
    public long getCount() {
      return WorkerCounts.of(key);
    }

    @Override
    public void inc() {
      throw readOnly();
    }

    @Override
    public void inc(long more) {
      throw readOnly();
    }

    @Override
    public void dec() {
      throw readOnly();
    }

    @Override
    public void dec(long less) {
      throw readOnly();
    }

    private static UnsupportedOperationException readOnly() {
      return new UnsupportedOperationException("stages count, nobody else");
    }
  }
}

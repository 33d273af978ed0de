package io.capoflow.runners.cluster;

import java.util.Properties;
import org.apache.flink.metrics.reporter.MetricReporter;
import org.apache.flink.metrics.reporter.MetricReporterFactory;

/** How Flink finds {@link WorkerMetrics}: by {@code metrics.reporter.capoflow.factory.class}. */
public final class WorkerMetricsFactory implements MetricReporterFactory {
  @Override
  public MetricReporter createMetricReporter(Properties properties) {
    return new WorkerMetrics();
  }
}

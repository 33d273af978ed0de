package io.capoflow.pipelines.execution;

import io.capoflow.transforms.metrics.StageFigure;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.beam.sdk.metrics.DistributionResult;
import org.apache.beam.sdk.metrics.MetricName;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricQueryResults;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricResults;
import org.apache.beam.sdk.metrics.MetricsFilter;

/** What the stages of a job that has ended have counted. */
final class JobFigures {
  private JobFigures() {}

  /**
   * The figures that are not 0, by their names; of a distribution its sum.
   *
   * @param results of the job, over all its steps
   */
  static SortedMap<String, Long> of(MetricResults results) {
    SortedMap<String, Long> figures = new TreeMap<>();
    for (StageFigure figure : StageFigure.values()) {
      for (String owner : figure.owners()) {
        MetricQueryResults found =
            results.queryMetrics(
                MetricsFilter.builder()
                    .addNameFilter(MetricNameFilter.named(owner, figure.text()))
                    .build());
        for (MetricResult<Long> counter : found.getCounters()) {
          add(figures, counter.getName(), counter.getAttempted());
        }
        for (MetricResult<DistributionResult> values : found.getDistributions()) {
          add(figures, values.getName(), values.getAttempted().getSum());
        }
      }
    }
    return figures;
  }

  private static void add(SortedMap<String, Long> figures, MetricName name, long more) {
    if (more != 0) {
      figures.merge(name.getNamespace() + "." + name.getName(), more, Long::sum);
    }
  }
}

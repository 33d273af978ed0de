package io.capoflow.runners.engine;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.runners.flink.FlinkRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/**
 * Pipelines that run on a Flink inside this JVM, with nothing else installed or started. A process
 * has at most one open at a time. Thread-safe.
 */
public final class FlinkPipelines implements EnginePipelines {
  private final int parallelism;
  private Optional<EmbeddedFlink> flink = Optional.empty();

  private FlinkPipelines(int parallelism) {
    this.parallelism = parallelism;
  }

  /**
   * Pipelines of an embedded Flink, which starts with the first of them and takes two seconds.
   *
   * @param parallelism tasks of a stage that run at the same time, at least 1
   */
  public static FlinkPipelines embedded(int parallelism) {
    if (parallelism < 1) {
      throw new IllegalArgumentException("parallelism must be at least 1: " + parallelism);
    }
    return new FlinkPipelines(parallelism);
  }

  @Override
  public synchronized Pipeline create(String jobName) {
    if (flink.isEmpty()) {
      flink = Optional.of(EmbeddedFlink.start(parallelism));
    }
    FlinkPipelineOptions options = PipelineOptionsFactory.as(FlinkPipelineOptions.class);
    options.setJobName(requireNonNull(jobName, "jobName"));
    options.setRunner(FlinkRunner.class);
    options.setFlinkMaster("[auto]");
    options.setParallelism(parallelism);
    // Our functions never change an element, so none need be copied between chained operators.
    options.setFasterCopy(true);
    // Nobody reads them here, and each task would send and the driver print them.
    options.setDisableMetrics(true);
    return Pipeline.create(options);
  }

  /** {@inheritDoc} The next pipeline starts another Flink. */
  @Override
  public synchronized void cancel() {
    try {
      close();
    } catch (IOException e) {
      throw new UncheckedIOException("embedded Flink does not stop", e);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (flink.isPresent()) {
      EmbeddedFlink started = flink.get();
      flink = Optional.empty();
      started.close();
    }
  }
}

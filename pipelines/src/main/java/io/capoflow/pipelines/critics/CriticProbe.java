package io.capoflow.pipelines.critics;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.endpoint.EndpointReport;
import io.capoflow.pipelines.execution.JobName;
import io.capoflow.pipelines.execution.PipelineFactory;
import io.capoflow.pipelines.execution.PipelineWatch;
import io.capoflow.transforms.critique.ProbeCritic;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.beam.sdk.Pipeline;

/** Finds out from a worker what server a critic is behind, before anything is paid for. */
public final class CriticProbe {
  /** Lies in the directory while the server is probed. */
  private static final String PROBE = ".probe.json";

  private CriticProbe() {}

  /**
   * What is found; empty for a critic that is behind none.
   *
   * @param directory that driver and workers see
   * @throws io.capoflow.schemas.UserMistake when the server refuses us, or lacks what the recipe
   *     asks for
   */
  public static Optional<EndpointReport> of(
      CriticSource critic, Path directory, PipelineFactory pipelines) {
    Path file = directory.resolve(PROBE);
    Pipeline pipeline =
        pipelines.create(new JobName(directory, "asks what server the critic is behind"));
    pipeline.apply("ProbeCritic", ProbeCritic.at(critic).into(file));
    try {
      PipelineWatch.run(pipeline, () -> {});
      return Files.exists(file) ? Optional.of(ProbeCritic.read(file)) : Optional.empty();
    } finally {
      delete(file);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + file, e);
    }
  }
}

package io.capoflow.transforms.critique;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.critic.ServerWatch;
import io.capoflow.models.endpoint.EndpointReport;
import io.capoflow.schemas.Locations;
import io.capoflow.schemas.Pending;
import io.capoflow.transforms.storage.JsonFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.coders.SerializableCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PDone;

/**
 * Finds out, from a worker, what server a critic is behind: the driver may have no way to it.
 *
 * <pre>{@code
 * pipeline.apply(ProbeCritic.at(critic).into(file));
 * pipeline.run().waitUntilFinish();
 * EndpointReport report = ProbeCritic.read(file);
 * }</pre>
 *
 * A critic in the process has no server, and nothing is written. Immutable.
 */
public final class ProbeCritic extends PTransform<PBegin, PDone> {
  private final CriticSource critic;
  private final Optional<Path> file;

  private ProbeCritic(CriticSource critic, Optional<Path> file) {
    this.critic = requireNonNull(critic, "critic");
    this.file = file;
  }

  /** Of the server that a critic is behind. */
  public static ProbeCritic at(CriticSource critic) {
    return new ProbeCritic(critic, Optional.empty());
  }

  /** Writing what is found into a file that workers and driver both see. */
  public ProbeCritic into(Path file) {
    return new ProbeCritic(critic, Optional.of(file));
  }

  /**
   * What was found.
   *
   * @throws io.capoflow.schemas.UserMistake when the file is not there
   */
  public static EndpointReport read(Path file) {
    return JsonFiles.read(file, EndpointReport.class);
  }

  @Override
  public PDone expand(PBegin begin) {
    String target =
        file.orElseThrow(() -> new IllegalStateException("into() is not set")).toString();
    begin
        .apply(Create.of(List.of(critic)).withCoder(SerializableCoder.of(CriticSource.class)))
        .apply("Probe", ParDo.of(new Probe(target)));
    return PDone.in(begin.getPipeline());
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("critic", critic.identity()));
  }

  private static final class Probe extends DoFn<CriticSource, Void> {
    private final String file;

    Probe(String file) {
      this.file = file;
    }

    @ProcessElement
    public void process(@Element CriticSource critic) {
      Optional<ServerWatch> server = critic.watch();
      if (server.isPresent()) {
        try (ServerWatch watch = server.get()) {
          JsonFiles.write(Locations.of(file), Pending.await(watch.report()));
        }
      }
    }
  }
}

package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.execution.JobName;
import io.capoflow.pipelines.execution.PipelineFactory;
import io.capoflow.pipelines.execution.PipelineWatch;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Locations;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.CommitShards;
import io.capoflow.transforms.storage.Faults;
import io.capoflow.transforms.storage.ParquetRows;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.StageManifest;
import io.capoflow.transforms.storage.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * Takes rollouts into a dataset's table of them. The driver reads the sources once, in flat memory,
 * keeps what is new in a folder and records the addition; a dataflow then puts each rollout into
 * its shard. Killed before the record, nothing happened; killed after it, the next build goes on.
 */
final class TakeIn {
  private final DatasetDirectory directory;
  private final PipelineFactory pipelines;
  private final DatasetObserver observer;
  private final Runnable look;

  /**
   * Into a directory.
   *
   * @param look is run every so often, and may throw to end the work
   */
  TakeIn(
      DatasetDirectory directory,
      PipelineFactory pipelines,
      DatasetObserver observer,
      Runnable look) {
    this.directory = requireNonNull(directory, "directory");
    this.pipelines = requireNonNull(pipelines, "pipelines");
    this.observer = requireNonNull(observer, "observer");
    this.look = requireNonNull(look, "look");
  }

  /** Takes in what an earlier build recorded and did not live to take in. */
  DatasetRecord finish(DatasetRecord record) {
    DatasetRecord now = record;
    for (int index = 0; index < record.additions().size(); index++) {
      if (!record.additions().get(index).isTakenIn()) {
        now = shard(now, index, readArrived());
      }
    }
    return now;
  }

  /**
   * Takes in what is new in some sources.
   *
   * @throws io.capoflow.schemas.UserMistake when one cannot be read, or too many of its rows cannot
   *     be used
   */
  DatasetRecord take(RolloutSources sources, DatasetRecord record) {
    Arrivals arrivals =
        new Arrivals(
            Optional.of(directory.arriving()),
            Arrivals.known(directory),
            record.rows(),
            sources,
            rollout -> look.run());
    arrivals.read(observer);
    arrivals.requireUsable(directory.rejected());
    observer.say(arrivals.summary());
    int index = record.additions().size();
    if (arrivals.rows() == 0) {
      arrivals.keepRejected(directory.rejected(), "without-addition");
      Trees.delete(directory.arriving());
      return record;
    }
    arrivals.keepRejected(directory.rejected(), DatasetDirectory.additionName(index));
    DatasetRecord recorded =
        record
            .with(index, Addition.after(record.additions(), arrivals.rows(), arrivals.bySource()))
            .write(directory);
    Faults.at("dataset/after-record");
    return shard(recorded, index, readArrived());
  }

  /**
   * Puts the rollouts of an addition into their shards.
   *
   * @param rollouts reads them
   */
  DatasetRecord shard(
      DatasetRecord record, int index, PTransform<PBegin, PCollection<GivenRollout>> rollouts) {
    Addition addition = record.additions().get(index);
    ShardStore<GivenRollout> store = directory.rollouts();
    Pipeline pipeline = pipelines.create(new JobName(directory.root(), "takes rollouts in"));
    pipeline.apply("Arrived", rollouts).apply("TakeIn", CommitShards.into(store, addition.plan()));
    PipelineWatch.run(
        pipeline,
        () -> {
          look.run();
          observer.progress(
              "take in",
              store.committed() - addition.firstShard(),
              addition.shards(),
              "shards",
              "");
        });
    StageManifest table = StageManifest.close(store, addition.endShard(), "");
    DatasetRecord taken =
        record
            .with(index, addition.takenIn(addition.digestOf(table)))
            .with(store.stage().folder(), table.digest())
            .write(directory);
    Trees.delete(directory.arriving());
    return taken;
  }

  private PTransform<PBegin, PCollection<GivenRollout>> readArrived() {
    return new ReadFiles(files(directory.arriving()));
  }

  private static List<String> files(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new UserMistake(
          "%s is gone, and with it rollouts that dataset.json records and no table holds yet: restore it, or begin anew in another directory"
              .formatted(folder));
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(Path::toString).filter(name -> name.endsWith(".parquet")).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + folder, e);
    }
  }

  private static final class ReadFiles extends PTransform<PBegin, PCollection<GivenRollout>> {
    private static final long serialVersionUID = 1L;

    private final List<String> files;

    ReadFiles(List<String> files) {
      this.files = files;
    }

    @Override
    public PCollection<GivenRollout> expand(PBegin begin) {
      return begin
          .apply("Files", Create.of(files).withCoder(StringUtf8Coder.of()))
          .apply("Spread", Reshuffle.viaRandomKey())
          .apply("Read", ParDo.of(new Read()))
          .setCoder(RowCoder.of(GivenRollout.class));
    }

    @Override
    public void populateDisplayData(DisplayData.Builder builder) {
      super.populateDisplayData(builder);
      builder.add(DisplayData.item("files", files.size()));
    }
  }

  private static final class Read extends DoFn<String, GivenRollout> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(@Element String file, OutputReceiver<GivenRollout> output) {
      ParquetRows.forEach(Locations.of(file), GivenRollout.class, output::output);
    }
  }
}

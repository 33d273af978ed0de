package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * Reads rows of a complete stage by the numbers of their shards, so that a job's graph holds no row
 * however many there are.
 *
 * <pre>{@code
 * PCollection<GivenRollout> given =
 *     pipeline.apply(ReadShards.of(table, first, count));
 * }</pre>
 *
 * A shard is held to what its manifest says of it. Immutable.
 */
public final class ReadShards<T extends SpecificRecordBase>
    extends PTransform<PBegin, PCollection<T>> {
  private final ShardStore<T> store;
  private final int first;
  private final int count;

  private ReadShards(ShardStore<T> store, int first, int count) {
    this.store = requireNonNull(store, "store");
    this.first = first;
    this.count = count;
  }

  /** Shards {@code [first, first + count)} of a complete stage. */
  public static <T extends SpecificRecordBase> ReadShards<T> of(
      ShardStore<T> store, int first, int count) {
    return new ReadShards<>(store, first, count);
  }

  @Override
  public PCollection<T> expand(PBegin begin) {
    List<Integer> shards = IntStream.range(first, first + count).boxed().toList();
    return begin
        .apply("Shards", Create.of(shards).withCoder(VarIntCoder.of()))
        .apply("Spread", Reshuffle.viaRandomKey())
        .apply("Read", ParDo.of(new Read<>(store)))
        .setCoder(RowCoder.of(store.stage().type()));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("directory", store.directory().toString()));
    builder.add(DisplayData.item("first", first));
    builder.add(DisplayData.item("shards", count));
  }

  private static final class Read<T extends SpecificRecordBase> extends DoFn<Integer, T> {
    private final ShardStore<T> store;
    private transient StageManifest manifest;

    Read(ShardStore<T> store) {
      this.store = store;
    }

    @Setup
    @SuppressWarnings("UnusedMethod") // Beam calls it.
    public void setUp() {
      Path directory = store.directory();
      manifest =
          StageManifest.find(directory)
              .orElseThrow(
                  () -> new UserMistake(directory + " has no _manifest.json: it is not complete"));
    }

    @ProcessElement
    public void process(@Element Integer shard, OutputReceiver<T> output) {
      StageManifest.rows(store.directory(), store.stage().type(), manifest, shard)
          .forEach(output::output);
    }
  }
}

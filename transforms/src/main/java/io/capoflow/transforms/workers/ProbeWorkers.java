package io.capoflow.transforms.workers;

import static java.util.Objects.requireNonNull;

import java.util.stream.IntStream;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PDone;

/**
 * Asks every process of an engine what it is.
 *
 * <pre>{@code
 * try (WorkerFolder folder = WorkerFolder.open(directory, needs)) {
 *   pipeline.apply(ProbeWorkers.into(folder).withSlots(8));
 *   pipeline.run().waitUntilFinish();
 *   folder.workers().requireAlike();
 * }
 * }</pre>
 *
 * Immutable.
 */
public final class ProbeWorkers extends PTransform<PBegin, PDone> {
  /**
   * Elements go to slots by chance: that one of them gets none has a chance of {@code exp(-64)}.
   */
  private static final int ELEMENTS_OF_A_SLOT = 64;

  private final transient WorkerFolder folder;
  private final int slots;

  private ProbeWorkers(WorkerFolder folder, int slots) {
    this.folder = requireNonNull(folder, "folder");
    this.slots = slots;
  }

  /** That write into a folder. */
  public static ProbeWorkers into(WorkerFolder folder) {
    return new ProbeWorkers(folder, 1);
  }

  /**
   * With elements for so many.
   *
   * @param count the parallelism that the pipeline has, at least 1
   */
  public ProbeWorkers withSlots(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("slots must be at least 1: " + count);
    }
    return new ProbeWorkers(folder, count);
  }

  @Override
  public PDone expand(PBegin begin) {
    begin
        .apply(
            "Elements",
            Create.of(IntStream.range(0, slots * ELEMENTS_OF_A_SLOT).boxed().toList())
                .withCoder(VarIntCoder.of()))
        .apply("Spread", Reshuffle.viaRandomKey())
        .apply("Probe", ParDo.of(folder.probe()));
    return PDone.in(begin.getPipeline());
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("slots", slots));
  }
}

package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Problem;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * Reads problems of a run on its workers.
 *
 * <pre>{@code
 * PCollection<Problem> problems =
 *     pipeline.apply(ReadProblems.of(ProblemRows.of(run.trainingProblems(), drawn)));
 * }</pre>
 *
 * Immutable.
 */
public final class ReadProblems extends PTransform<PBegin, PCollection<Problem>> {
  /** Read together: a worker has the whole file in memory anyway. */
  private static final int BLOCK = 1_000;

  private final ProblemRows problems;

  private ReadProblems(ProblemRows problems) {
    this.problems = requireNonNull(problems, "problems");
  }

  /** Emits each of the problems once, in no order. */
  public static ReadProblems of(ProblemRows problems) {
    return new ReadProblems(problems);
  }

  @Override
  public PCollection<Problem> expand(PBegin begin) {
    List<Integer> blocks = new ArrayList<>();
    for (int first = 0; first < problems.count(); first += BLOCK) {
      blocks.add(first);
    }
    return begin
        .apply("Blocks", Create.of(blocks).withCoder(VarIntCoder.of()))
        .apply("Read", ParDo.of(new Read(problems)))
        .setCoder(RowCoder.of(Problem.class));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("file", problems.file().toString()));
    builder.add(DisplayData.item("problems", problems.count()));
  }

  private static final class Read extends DoFn<Integer, Problem> {
    private final ProblemRows problems;

    Read(ProblemRows problems) {
      this.problems = problems;
    }

    @ProcessElement
    public void process(@Element Integer first, OutputReceiver<Problem> output) {
      problems.read(first, first + BLOCK).forEach(output::output);
    }
  }
}

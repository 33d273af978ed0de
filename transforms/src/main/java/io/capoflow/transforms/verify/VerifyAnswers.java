package io.capoflow.transforms.verify;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.logging.LogScope;
import io.capoflow.transforms.metrics.StageFigure;
import io.capoflow.transforms.metrics.StageMetrics;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.io.Serializable;
import java.util.function.LongSupplier;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;

/**
 * Decides by rule whether each rollout's final answer is right (docs/method.md, "One iteration",
 * step 2).
 *
 * <pre>{@code
 * PCollection<Verdict> verdicts = rollouts.apply(VerifyAnswers.with("math"));
 * }</pre>
 *
 * <p>The counter {@code verify/slow_verdicts} is of verdicts that took longer than they should, see
 * {@link AnswerVerification}.
 */
public final class VerifyAnswers extends PTransform<PCollection<Rollout>, PCollection<Verdict>> {
  private static final String VERB = "verify";

  private final String verifier;
  private final VerifierOptions options;
  private final NanoClock clock;

  private VerifyAnswers(String verifier, VerifierOptions options, NanoClock clock) {
    this.verifier = requireNonNull(verifier, "verifier");
    this.options = requireNonNull(options, "options");
    this.clock = requireNonNull(clock, "clock");
  }

  /** {@link System#nanoTime}, on whichever worker. */
  interface NanoClock extends LongSupplier, Serializable {}

  /**
   * With the verifier of that name, strictly.
   *
   * @throws io.capoflow.schemas.UserMistake when there is none
   */
  public static VerifyAnswers with(String verifier) {
    find(verifier);
    return new VerifyAnswers(verifier, VerifierOptions.strict(), System::nanoTime);
  }

  /**
   * With these options.
   *
   * @throws io.capoflow.schemas.UserMistake when their table of sources names no verifier
   */
  public VerifyAnswers withOptions(VerifierOptions options) {
    options.bySource().values().forEach(VerifyAnswers::find);
    return new VerifyAnswers(verifier, options, clock);
  }

  VerifyAnswers withClock(NanoClock clock) {
    return new VerifyAnswers(verifier, options, clock);
  }

  @Override
  public PCollection<Verdict> expand(PCollection<Rollout> rollouts) {
    return rollouts
        .apply("Verify", ParDo.of(new Verify(verifier, options, clock)))
        .setCoder(RowCoder.of(Verdict.class));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("verifier", verifier));
    builder.add(DisplayData.item("options", options.toString()));
  }

  private static Verifier find(String name) {
    return Extensions.named(Verifier.class, Verifier::name, "verifier", name);
  }

  static final class Verify extends DoFn<Rollout, Verdict> {
    private final String verifier;
    private final VerifierOptions options;
    private final NanoClock clock;
    private final StageMetrics metrics = StageMetrics.of(VERB);
    // Found again on each worker: a verifier need not be serializable.
    private transient AnswerVerification verification;

    Verify(String verifier, VerifierOptions options, NanoClock clock) {
      this.verifier = verifier;
      this.options = options;
      this.clock = clock;
    }

    @Setup
    public void setUp() {
      verification = new AnswerVerification(find(verifier), options, clock);
    }

    @ProcessElement
    public void process(
        @Element Rollout rollout, PipelineOptions options, OutputReceiver<Verdict> output) {
      Verdict verdict;
      try (LogScope scope = LogScope.of(options, VERB)) {
        verdict = verification.verify(rollout);
      }
      if (AnswerVerification.isSlow(verdict.getMicros())) {
        metrics.add(StageFigure.SLOW_VERDICTS, 1);
      }
      output.output(verdict);
    }
  }
}

package io.capoflow.transforms.verify;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.Verdict;
import io.capoflow.verifiers.Reason;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies answers against gold answers, and takes the time. Thread-safe.
 *
 * <p>A response is untrusted text, so one that breaks a verifier costs its own reward and not the
 * run: it counts as wrong, with the reason {@link Reason#FAULT} and the exception's class as the
 * route. A verdict names the verifier that judged, where one picks among others by the problem's
 * source; the one that was to pick, where that threw.
 *
 * <p>A verdict that takes longer than {@value #SLOW_MICROS} microseconds is logged with its row's
 * id, and for its caller to count. It is as good as any other: time decides nothing.
 */
public final class AnswerVerification {
  /** What a verdict should never take (docs/verification-spec.md, 6), in microseconds. */
  public static final long SLOW_MICROS = 250_000;

  private static final Logger LOG = LoggerFactory.getLogger(AnswerVerification.class);

  private final Verifier verifier;
  private final VerifierOptions options;
  private final String optionsDigest;
  private final LongSupplier nanoClock;

  public AnswerVerification(Verifier verifier, VerifierOptions options) {
    this(verifier, options, System::nanoTime);
  }

  /**
   * @param nanoClock nanoseconds from any fixed moment, as {@link System#nanoTime}
   */
  public AnswerVerification(Verifier verifier, VerifierOptions options, LongSupplier nanoClock) {
    this.verifier = requireNonNull(verifier, "verifier");
    this.options = requireNonNull(options, "options");
    this.nanoClock = requireNonNull(nanoClock, "nanoClock");
    this.optionsDigest = Digests.ofParts(options.canonical());
  }

  /**
   * A verification with its circumstances.
   *
   * @param judge who verified
   * @param micros wall-clock in microseconds
   */
  public record Timed(Verification verification, Verifier judge, long micros) {
    public boolean slow() {
      return isSlow(micros);
    }
  }

  /** Whether a verdict took longer than it should. */
  public static boolean isSlow(long micros) {
    return micros > SLOW_MICROS;
  }

  /** The options of every verdict. */
  public VerifierOptions options() {
    return options;
  }

  /** Who judges questions of a source. */
  public Verifier judge(String source) {
    return verifier.forSource(source, options);
  }

  /**
   * Verifies one answer.
   *
   * @param id of the row, for the log
   * @param source of the question, empty where it is not known
   * @throws Cancelled when the thread is interrupted
   */
  public Timed verify(String id, String source, String response, String gold) {
    long start = nanoClock.getAsLong();
    Verifier judge = verifier;
    Verification verification;
    try {
      judge = requireNonNull(judge(source), "judge");
      verification = requireNonNull(judge.verify(response, gold, options), "verification");
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      // Deep recursion is what a hostile text provokes first, in regular expressions above all; a
      // class that cannot be linked is what somebody's jar lacks.
      String route = e.getClass().getName();
      verification =
          new Verification(false, Reason.FAULT, Optional.empty(), "none", "none", route, 0);
    }
    // A verifier may have heard the interrupt itself, and have said that it could not judge.
    Cancelled.throwIfInterrupted("verifying answers");
    long micros = (nanoClock.getAsLong() - start) / 1_000;
    if (isSlow(micros)) {
      LOG.warn("slow verdict: {} took {} ms for the row {}", judge.name(), micros / 1_000, id);
    }
    return new Timed(verification, judge, micros);
  }

  /** The verdict on a rollout. */
  public Verdict verify(Rollout rollout) {
    Timed timed =
        verify(
            rollout.getRolloutId(),
            rollout.getProblem().getSource(),
            rollout.getResponse(),
            rollout.getProblem().getAnswer());
    Verification verification = timed.verification();
    return Verdict.newBuilder()
        .setIteration(rollout.getIteration())
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setOutcome(verification.correct() ? 1 : 0)
        .setExtracted(verification.extracted().orElse(null))
        .setReason(verification.reason().name())
        .setGoldType(verification.goldType())
        .setRoute(verification.route())
        .setVerifier(nameAndVersion(timed.judge()))
        .setOptionsDigest(optionsDigest)
        .setMicros(timed.micros())
        .build();
  }

  /** As verdicts name a verifier: {@code math/math-4}. */
  public static String nameAndVersion(Verifier verifier) {
    return verifier.name() + "/" + verifier.version();
  }
}

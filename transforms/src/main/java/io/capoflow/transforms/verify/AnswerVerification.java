package io.capoflow.transforms.verify;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.Verdict;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.util.Optional;

/**
 * Verifies one rollout's answer against its problem's gold answer. Thread-safe.
 *
 * <p>A response is untrusted text, so one that breaks a verifier costs its own reward and not the
 * run: it counts as wrong, with the reason {@value #FAULT} and the exception's class as the route.
 * A verdict names the verifier that judged, where one picks among others by the problem's source.
 */
public final class AnswerVerification {
  /** The reason of a verdict whose verifier threw. */
  public static final String FAULT = "FAULT";

  private final Verifier verifier;
  private final VerifierOptions options;
  private final String optionsDigest;

  public AnswerVerification(Verifier verifier, VerifierOptions options) {
    this.verifier = requireNonNull(verifier, "verifier");
    this.options = requireNonNull(options, "options");
    this.optionsDigest = Digests.ofParts(options.canonical());
  }

  /** The verdict on a rollout. */
  public Verdict verify(Rollout rollout) {
    long start = System.nanoTime();
    Verifier judge = verifier.forSource(rollout.getProblem().getSource(), options);
    Verification verification =
        judged(judge, rollout.getResponse(), rollout.getProblem().getAnswer(), options);
    long micros = (System.nanoTime() - start) / 1000;
    return Verdict.newBuilder()
        .setIteration(rollout.getIteration())
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setOutcome(verification.correct() ? 1 : 0)
        .setExtracted(verification.extracted().orElse(null))
        .setReason(verification.reason())
        .setGoldType(verification.goldType())
        .setRoute(verification.route())
        .setVerifier(judge.name() + "/" + judge.version())
        .setOptionsDigest(optionsDigest)
        .setMicros(micros)
        .build();
  }

  /**
   * What a verifier says of a response; where it throws, that it is wrong, for {@value #FAULT}.
   *
   * @param judge asked as it is, whatever the source
   */
  public static Verification judged(
      Verifier judge, String response, String gold, VerifierOptions options) {
    try {
      return requireNonNull(judge.verify(response, gold, options), "verification");
    } catch (RuntimeException | StackOverflowError e) {
      // Deep recursion is what a hostile text provokes first, in regular expressions above all.
      String route = e.getClass().getName();
      return new Verification(false, FAULT, Optional.empty(), "none", "none", route, 0);
    }
  }
}

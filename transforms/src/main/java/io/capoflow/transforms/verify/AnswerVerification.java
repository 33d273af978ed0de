package io.capoflow.transforms.verify;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.Verdict;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;

/** Verifies one rollout's answer against its problem's gold answer. Thread-safe. */
public final class AnswerVerification {
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
    Verification verification =
        verifier.verify(rollout.getResponse(), rollout.getProblem().getAnswer(), options);
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
        .setVerifier(verifier.name() + "/" + verifier.version())
        .setOptionsDigest(optionsDigest)
        .setMicros(micros)
        .build();
  }
}

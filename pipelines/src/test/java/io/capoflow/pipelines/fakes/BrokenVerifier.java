package io.capoflow.pipelines.fakes;

import io.capoflow.verifiers.Reason;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.util.Optional;

/** Reads what it calls a right response, and throws at whatever a model writes. */
public final class BrokenVerifier implements Verifier {
  @Override
  public String name() {
    return "broken";
  }

  @Override
  public String version() {
    return "broken-1";
  }

  @Override
  public Verification verify(String response, String gold, VerifierOptions options) {
    if (!response.equals(rightResponse(gold))) {
      throw new IllegalStateException("cannot read it");
    }
    return new Verification(
        true, Reason.CORRECT, Optional.of(gold), "broken", "Text", "letters", 0);
  }

  @Override
  public String rightResponse(String gold) {
    return "the answer is " + gold;
  }
}

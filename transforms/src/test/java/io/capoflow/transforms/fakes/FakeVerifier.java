package io.capoflow.transforms.fakes;

import io.capoflow.verifiers.Reason;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.util.Optional;

/** Right when the response boxes exactly the gold answer. */
public final class FakeVerifier implements Verifier {
  @Override
  public String name() {
    return "fake";
  }

  @Override
  public String version() {
    return "1";
  }

  @Override
  public Verification verify(String response, String gold, VerifierOptions options) {
    boolean correct = response.endsWith("\\boxed{" + gold + "}");
    return new Verification(
        correct,
        correct ? Reason.CORRECT : Reason.WRONG,
        Optional.empty(),
        "box",
        "text",
        "equal",
        1);
  }
}

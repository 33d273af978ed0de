package io.capoflow.transforms.fakes;

import io.capoflow.verifiers.Reason;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.util.Optional;

/**
 * Takes as many milliseconds for a response as it says, by a clock of its own: nobody waits. Always
 * right.
 */
public final class DawdlingVerifier implements Verifier {
  // A response is verified in one thread, and others must not move its clock.
  private static final ThreadLocal<Long> NANOS = ThreadLocal.withInitial(() -> 0L);

  /** The clock that this verifier moves on. */
  public static long nanos() {
    return NANOS.get();
  }

  @Override
  public String name() {
    return "dawdling";
  }

  @Override
  public String version() {
    return "1";
  }

  @Override
  public Verification verify(String response, String gold, VerifierOptions options) {
    NANOS.set(NANOS.get() + Math.round(1e6 * Double.parseDouble(response)));
    return new Verification(true, Reason.CORRECT, Optional.empty(), "none", "text", "none", 1);
  }
}

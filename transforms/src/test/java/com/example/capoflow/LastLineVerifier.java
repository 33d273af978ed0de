package com.example.capoflow;

import io.capoflow.verifiers.Reason;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.util.Optional;

/** Right when the last line of the response is the gold answer, letter by letter. */
public final class LastLineVerifier implements Verifier {
  @Override
  public String name() {
    return "last_line";
  }

  @Override
  public String version() {
    return "last_line-1";
  }

  @Override
  public Verification verify(String response, String gold, VerifierOptions options) {
    String text = response.strip();
    String last = text.substring(text.lastIndexOf('\n') + 1).strip();
    boolean correct = !last.isEmpty() && last.equals(gold.strip());
    return new Verification(
        correct,
        correct ? Reason.CORRECT : last.isEmpty() ? Reason.NO_ANSWER : Reason.WRONG,
        Optional.of(last).filter(line -> !line.isEmpty()),
        "last_line",
        "Text",
        "letters",
        text.length());
  }

  @Override
  public String rightResponse(String gold) {
    return gold;
  }
}

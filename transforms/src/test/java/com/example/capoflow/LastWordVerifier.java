package com.example.capoflow;

import io.capoflow.verifiers.Reason;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.util.Optional;

/** Right when the last word of the response is the gold answer, letter by letter. */
public final class LastWordVerifier implements Verifier {
  @Override
  public String name() {
    return "last_word";
  }

  @Override
  public String version() {
    return "last_word-1";
  }

  @Override
  public Verification verify(String response, String gold, VerifierOptions options) {
    String word = response.strip().substring(response.strip().lastIndexOf(' ') + 1);
    boolean correct = word.equals(gold.strip()) && !word.isEmpty();
    Reason reason = correct ? Reason.CORRECT : Reason.WRONG;
    return new Verification(
        correct, reason, Optional.of(word), "last_word", "Text", "letters", word.length());
  }

  @Override
  public String rightResponse(String gold) {
    return gold;
  }
}

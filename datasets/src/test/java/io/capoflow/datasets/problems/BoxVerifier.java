package io.capoflow.datasets.problems;

import io.capoflow.verifiers.Reason;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.util.Optional;

/** A small verifier for tests: the last box as text; an answer of question marks is unreadable. */
final class BoxVerifier implements Verifier {
  static final GoldCheck CHECK = new GoldCheck(new BoxVerifier(), VerifierOptions.strict());

  @Override
  public String name() {
    return "box";
  }

  @Override
  public String version() {
    return "1";
  }

  @Override
  public Verification verify(String response, String gold, VerifierOptions options) {
    Optional<String> extracted = box(response);
    boolean readable = !gold.contains("?");
    boolean correct =
        readable && extracted.isPresent() && extracted.get().equals(box(gold).orElse(gold));
    return new Verification(
        correct,
        correct ? Reason.CORRECT : readable ? Reason.WRONG : Reason.GOLD_UNPARSED,
        extracted,
        "box",
        "text",
        "text",
        1);
  }

  private static Optional<String> box(String text) {
    int start = text.lastIndexOf("\\boxed{");
    int end = text.lastIndexOf('}');
    return start < 0 || end < start
        ? Optional.empty()
        : Optional.of(text.substring(start + "\\boxed{".length(), end));
  }
}

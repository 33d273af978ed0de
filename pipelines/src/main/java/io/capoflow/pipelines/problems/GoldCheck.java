package io.capoflow.pipelines.problems;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Problem;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.util.Optional;

/**
 * Whether a gold answer answers itself: one that does not would mark every response wrong.
 *
 * @param verifier the one that will reward responses
 * @param options as it will be asked
 */
public record GoldCheck(Verifier verifier, VerifierOptions options) {
  public GoldCheck {
    requireNonNull(verifier, "verifier");
    requireNonNull(options, "options");
  }

  /** What is wrong with the problem's gold answer, if anything. */
  Optional<String> objection(Problem problem) {
    String gold = problem.getAnswer();
    boolean marked = gold.contains("\\boxed") || gold.contains("\\fbox") || gold.contains("####");
    // A bare answer is no response that strict extraction reads.
    String response = marked ? gold : "\\boxed{" + gold + "}";
    Verification verification = verifier.verify(response, gold, options);
    return verification.correct()
        ? Optional.empty()
        : Optional.of(
            "answer: the verifier "
                + verifier.name()
                + " does not accept it as equal to itself ("
                + verification.reason()
                + ")");
  }
}

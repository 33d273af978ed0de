package io.capoflow.verifiers;

import static java.util.Objects.requireNonNull;

import io.capoflow.verifiers.AnswerExtractor.Sought;
import io.capoflow.verifiers.Extraction.Found;
import io.capoflow.verifiers.Extraction.Missing;
import io.capoflow.verifiers.expression.Budget;
import java.util.Optional;
import java.util.function.Function;

/**
 * What verifiers share that need no algebra: gold answer and candidate are each read to a normal
 * form, and the candidate is right when the two are equal. Extraction and limits are those of
 * {@link MathVerifier}; fuel is the characters read.
 *
 * @param sought what the weak rules of lenient mode look for
 * @param type of a gold answer that can be read
 * @param route as verdicts name the comparison
 * @param gold normal form of a gold answer, empty where it is none
 * @param candidate normal form of a candidate, empty where it equals nothing
 * @param weakest a last rule of lenient mode, for a response in which no other finds a candidate
 */
record PlainComparison(
    Sought sought,
    String type,
    String route,
    Function<String, Optional<String>> gold,
    Function<String, Optional<String>> candidate,
    Function<String, Optional<String>> weakest) {

  Verification verify(String response, String goldText, VerifierOptions options) {
    requireNonNull(response, "response");
    requireNonNull(options, "options");
    Optional<String> expected = normalGold(requireNonNull(goldText, "gold"));
    if (expected.isEmpty()) {
      return missing("GOLD_UNPARSED", "Unparsed", "none");
    }
    Extraction extraction;
    try {
      extraction = extract(response, options);
    } catch (Budget.Exceeded limit) {
      return missing("LIMIT", type, limit.getMessage());
    }
    if (extraction instanceof Missing missing) {
      return missing(missing.reason(), type, "none");
    }
    Found found = (Found) extraction;
    boolean within = found.text().length() <= Budget.CANDIDATE_CHARACTERS;
    boolean equal = within && candidate.apply(found.text()).equals(expected);
    return new Verification(
        equal,
        equal ? "CORRECT" : within ? "WRONG" : "LIMIT",
        Optional.of(found.text()),
        found.rung(),
        type,
        within ? route : "candidate length",
        within ? (long) found.text().length() + expected.get().length() : 0);
  }

  /** For {@link Verifier#normalForm}: the answer read as a gold answer is. */
  Optional<String> normalGold(String text) {
    if (text.length() > Budget.RESPONSE_CHARACTERS) {
      return Optional.empty();
    }
    String answer = AnswerExtractor.gold(text);
    return answer.length() > Budget.CANDIDATE_CHARACTERS ? Optional.empty() : gold.apply(answer);
  }

  private Extraction extract(String response, VerifierOptions options) {
    Extraction extraction = AnswerExtractor.extract(response, options, sought);
    boolean nothing = extraction instanceof Missing missing && missing.reason().equals("NO_ANSWER");
    return nothing && options.mode() == VerifierOptions.Mode.LENIENT
        ? weakest
            .apply(response)
            .<Extraction>map(text -> new Found(text, "whole"))
            .orElse(extraction)
        : extraction;
  }

  private static Verification missing(String reason, String goldType, String route) {
    return new Verification(false, reason, Optional.empty(), "none", goldType, route, 0);
  }
}

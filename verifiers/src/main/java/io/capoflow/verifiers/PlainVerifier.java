package io.capoflow.verifiers;

import static java.util.Objects.requireNonNull;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.extraction.AnswerExtractor;
import io.capoflow.verifiers.extraction.Extraction;
import io.capoflow.verifiers.extraction.Extraction.Found;
import io.capoflow.verifiers.extraction.Extraction.Missing;
import io.capoflow.verifiers.extraction.Sought;
import java.util.Optional;

/**
 * What verifiers share that need no algebra: gold answer and candidate are both read to a normal
 * form, and the candidate is right when the two are equal. Extraction and limits are those of
 * {@link MathVerifier}; fuel is the characters read. Immutable and thread-safe.
 */
abstract class PlainVerifier implements Verifier {
  private final String name;
  private final String version;
  private final Sought sought;
  private final String type;
  private final String route;

  /**
   * @param name as a recipe names it
   * @param version changes whenever a verdict could
   * @param sought what the weak rules of lenient mode look for
   * @param type of a gold answer that can be read
   * @param route as verdicts name the comparison
   */
  PlainVerifier(String name, String version, Sought sought, String type, String route) {
    this.name = name;
    this.version = version;
    this.sought = sought;
    this.type = type;
    this.route = route;
  }

  /** Normal form of a gold answer or a candidate; empty where it is none, and equals nothing. */
  abstract Optional<String> read(String answer);

  /** A last rule of lenient mode, for a response in which no other finds a candidate. */
  Optional<String> weakest(String response) {
    return Optional.empty();
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final String version() {
    return version;
  }

  @Override
  public final Verification verify(String response, String gold, VerifierOptions options) {
    requireNonNull(response, "response");
    requireNonNull(options, "options");
    Optional<String> expected = normalForm(requireNonNull(gold, "gold"), options);
    if (expected.isEmpty()) {
      return missing(Reason.GOLD_UNPARSED, "Unparsed", "none");
    }
    Extraction extraction;
    try {
      extraction = extract(response, options);
    } catch (Budget.Exceeded limit) {
      return missing(Reason.LIMIT, type, limit.getMessage());
    }
    if (extraction instanceof Missing missing) {
      return missing(Reasons.of(missing), type, "none");
    }
    Found found = (Found) extraction;
    boolean within = found.text().length() <= Budget.CANDIDATE_CHARACTERS;
    boolean equal = within && read(found.text()).equals(expected);
    return new Verification(
        equal,
        equal ? Reason.CORRECT : within ? Reason.WRONG : Reason.LIMIT,
        Optional.of(found.text()),
        found.rung(),
        type,
        within ? route : "candidate length",
        within ? (long) found.text().length() + expected.get().length() : 0);
  }

  /** The answer read as a gold answer is. */
  @Override
  public final Optional<String> normalForm(String text, VerifierOptions options) {
    if (text.length() > Budget.RESPONSE_CHARACTERS) {
      return Optional.empty();
    }
    String answer = AnswerExtractor.gold(text);
    return answer.length() > Budget.CANDIDATE_CHARACTERS ? Optional.empty() : read(answer);
  }

  private Extraction extract(String response, VerifierOptions options) {
    Extraction extraction = AnswerExtractor.extract(response, options.reach(), sought);
    return extraction == Missing.NO_ANSWER && options.mode() == VerifierOptions.Mode.LENIENT
        ? weakest(response).<Extraction>map(text -> new Found(text, "whole")).orElse(extraction)
        : extraction;
  }

  private static Verification missing(Reason reason, String goldType, String route) {
    return new Verification(false, reason, Optional.empty(), "none", goldType, route, 0);
  }
}

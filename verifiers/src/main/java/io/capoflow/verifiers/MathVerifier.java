package io.capoflow.verifiers;

import static java.util.Objects.requireNonNull;

import io.capoflow.verifiers.Answer.Parsed;
import io.capoflow.verifiers.Answer.Scalar;
import io.capoflow.verifiers.AnswerExtractor.Sought;
import io.capoflow.verifiers.Extraction.Found;
import io.capoflow.verifiers.Extraction.Missing;
import io.capoflow.verifiers.Lexer.Thousands;
import java.util.Optional;

/**
 * Compares the final answer of a response with the gold answer, exactly: boxes, {@code ####} and
 * answer phrases; whole numbers, fractions, mixed numbers, decimals, percentages, currencies,
 * units, ratios, lists, sets, tuples, choice letters and words. What it cannot read as one of these
 * (roots, variables, equations, …) is equal only when its normalised tokens are.
 *
 * <p>The response is data: it reaches no regular expression, script or class loader. Work is
 * bounded by counters, and every input gets a verdict.
 */
public final class MathVerifier implements Verifier {
  @Override
  public String name() {
    return "math";
  }

  @Override
  public String version() {
    return "math-1";
  }

  @Override
  public Verification verify(String response, String gold, VerifierOptions options) {
    requireNonNull(response, "response");
    requireNonNull(gold, "gold");
    requireNonNull(options, "options");
    Budget budget = new Budget();
    Optional<Gold> expected = Gold.read(gold, budget);
    if (expected.isEmpty()) {
      return new Verification(
          false, "GOLD_UNPARSED", Optional.empty(), "none", "Unparsed", "none", budget.spent());
    }
    return against(expected.get(), response, options, budget);
  }

  private static Verification against(
      Gold gold, String response, VerifierOptions options, Budget budget) {
    Extraction extraction;
    try {
      extraction = AnswerExtractor.extract(response, options.mode(), gold.sought());
    } catch (Budget.Exceeded e) {
      return new Verification(
          false, "LIMIT", Optional.empty(), "none", gold.type(), e.getMessage(), budget.spent());
    }
    if (extraction instanceof Missing missing) {
      return new Verification(
          false, missing.reason(), Optional.empty(), "none", gold.type(), "none", budget.spent());
    }
    Found found = (Found) extraction;
    try {
      Comparison.Decision decision = decide(gold, found.text(), budget);
      return new Verification(
          decision.equal(),
          decision.equal() ? "CORRECT" : "WRONG",
          Optional.of(found.text()),
          found.rung(),
          gold.type(),
          decision.route(),
          budget.spent());
    } catch (Budget.Exceeded e) {
      return new Verification(
          false,
          "LIMIT",
          Optional.of(found.text()),
          found.rung(),
          gold.type(),
          e.getMessage(),
          budget.spent());
    }
  }

  private static Comparison.Decision decide(Gold gold, String candidate, Budget budget) {
    if (gold.choice().isPresent()) {
      return new Comparison.Decision(Choices.chosen(candidate).equals(gold.choice()), "choice");
    }
    AnswerParser parser = new AnswerParser(budget);
    Comparison comparison = new Comparison(budget);
    Comparison.Decision decision =
        comparison.decide(gold.parsed(), parser.parse(Lexer.tokens(candidate, Thousands.READ)));
    boolean listed = gold.parsed().answer() instanceof Answer.Sequence;
    return !decision.equal() && listed
        ? comparison.decide(gold.parsed(), parser.parse(Lexer.tokens(candidate, Thousands.SPLIT)))
        : decision;
  }

  /**
   * The gold answer, read once.
   *
   * @param choice its letter, where it is a choice
   */
  private record Gold(Parsed parsed, Optional<Character> choice) {
    /** Empty where nothing could ever equal it: it is blank, undefined or too large. */
    static Optional<Gold> read(String text, Budget budget) {
      try {
        Budget.check(text.length() <= Budget.RESPONSE_CHARACTERS, "gold length");
        String answer = AnswerExtractor.gold(text);
        Optional<Character> choice = Choices.gold(answer);
        Parsed parsed = new AnswerParser(budget).parse(Lexer.tokens(answer, Thousands.READ));
        boolean readable =
            !(parsed.answer() instanceof Answer.Undefined) && !parsed.tokens().isBlank();
        return readable ? Optional.of(new Gold(parsed, choice)) : Optional.empty();
      } catch (Budget.Exceeded e) {
        return Optional.empty();
      }
    }

    String type() {
      return choice.isPresent() ? "Choice" : parsed.answer().type();
    }

    Sought sought() {
      if (choice.isPresent()) {
        return Sought.CHOICE;
      }
      return parsed.answer() instanceof Scalar ? Sought.NUMBER : Sought.OTHER;
    }
  }
}

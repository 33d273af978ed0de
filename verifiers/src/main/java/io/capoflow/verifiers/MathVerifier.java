package io.capoflow.verifiers;

import static java.util.Objects.requireNonNull;

import io.capoflow.verifiers.comparison.Comparison;
import io.capoflow.verifiers.comparison.Decision;
import io.capoflow.verifiers.comparison.Rules;
import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.expression.NoValue;
import io.capoflow.verifiers.expression.Randomness;
import io.capoflow.verifiers.extraction.AnswerExtractor;
import io.capoflow.verifiers.extraction.Extraction;
import io.capoflow.verifiers.extraction.Extraction.Found;
import io.capoflow.verifiers.extraction.Extraction.Missing;
import io.capoflow.verifiers.extraction.Sought;
import io.capoflow.verifiers.reading.Answer;
import io.capoflow.verifiers.reading.Answer.Parsed;
import io.capoflow.verifiers.reading.Answer.Scalar;
import io.capoflow.verifiers.reading.AnswerReader;
import io.capoflow.verifiers.reading.Choices;
import io.capoflow.verifiers.reading.Commas;
import io.capoflow.verifiers.reading.Habits;
import io.capoflow.verifiers.reading.Lexer;
import io.capoflow.verifiers.reading.Token;
import java.util.List;
import java.util.Optional;

/**
 * Compares the final answer of a response with the gold answer (docs/verification-spec.md): finds
 * it in a box, behind {@code ####} or an answer phrase, reads it with a tokeniser and parser of its
 * own, and compares by the gold answer's type: exactly where numbers are rational, modulo random
 * primes where expressions are rational functions, and numerically with a confirmation at 50 digits
 * elsewhere.
 *
 * <p>The response is data: it reaches no regular expression, script or class loader. Work is
 * bounded by counters, and every input gets a verdict.
 */
public final class MathVerifier implements Verifier {
  private static final int FAST_DIGITS = 18;

  /** The last seed's primes: a run has one seed, and finding them costs more than a verdict. */
  private volatile Randomness cached = Randomness.of(0);

  @Override
  public String name() {
    return "math";
  }

  @Override
  public String version() {
    return "math-4";
  }

  @Override
  public Verification verify(String response, String gold, VerifierOptions options) {
    requireNonNull(response, "response");
    requireNonNull(gold, "gold");
    requireNonNull(options, "options");
    Extraction extraction = null;
    if (isPlainInteger(gold)) {
      extraction = extraction(response, options);
      if (extraction instanceof Missing missing) {
        return verification(Reasons.of(missing), Optional.empty(), "none", "none");
      }
      if (extraction instanceof Found found && isPlainInteger(found.text())) {
        boolean equal = Long.parseLong(found.text()) == Long.parseLong(gold);
        return verification(
            equal ? Reason.CORRECT : Reason.WRONG,
            Optional.of(found.text()),
            found.rung(),
            "exact");
      }
    }
    return new Attempt(randomness(options.seed()), options)
        .verify(response, gold, Optional.ofNullable(extraction));
  }

  /** Its type and normalised tokens. */
  @Override
  public Optional<String> normalForm(String answer, VerifierOptions options) {
    requireNonNull(answer, "answer");
    return new Attempt(randomness(options.seed()), options)
        .gold(answer)
        .map(read -> read.type() + ": " + read.parsed().tokens());
  }

  private Randomness randomness(long seed) {
    Randomness last = cached;
    if (last.seed() != seed) {
      last = Randomness.of(seed);
      cached = last;
    }
    return last;
  }

  /** What a response says beside a whole number; null where a limit keeps it from being read. */
  private static Extraction extraction(String response, VerifierOptions options) {
    try {
      return AnswerExtractor.extract(response, options.reach(), Sought.NUMBER);
    } catch (Budget.Exceeded e) {
      return null;
    }
  }

  /** Of a whole number: two plain ones need no tree. */
  private static Verification verification(
      Reason reason, Optional<String> extracted, String rung, String route) {
    return new Verification(reason == Reason.CORRECT, reason, extracted, rung, "Integer", route, 1);
  }

  private static boolean isPlainInteger(String text) {
    int start = !text.isEmpty() && text.charAt(0) == '-' ? 1 : 0;
    if (text.length() == start || text.length() - start > FAST_DIGITS) {
      return false;
    }
    for (int i = start; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  /** One verification. */
  private static final class Attempt {
    private final VerifierOptions options;
    private final Budget budget = new Budget();
    private final Equivalence equivalence;

    Attempt(Randomness randomness, VerifierOptions options) {
      this.options = options;
      equivalence = new Equivalence(randomness, budget);
    }

    /**
     * @param extracted what the response says, where that is known already
     */
    Verification verify(String response, String gold, Optional<Extraction> extracted) {
      Optional<Gold> expected = gold(gold);
      if (expected.isEmpty()) {
        return new Verification(
            false,
            Reason.GOLD_UNPARSED,
            Optional.empty(),
            "none",
            "Unparsed",
            "none",
            budget.spent());
      }
      String type = expected.get().type();
      Extraction extraction;
      try {
        extraction =
            extracted.isPresent()
                ? extracted.get()
                : AnswerExtractor.extract(response, options.reach(), expected.get().sought());
      } catch (Budget.Exceeded e) {
        return missing(Reason.LIMIT, type, e.getMessage());
      }
      if (extraction instanceof Missing missing) {
        return missing(Reasons.of(missing), type, "none");
      }
      Found found = (Found) extraction;
      try {
        Decision decision = decide(expected.get(), found.text());
        return found(
            found, decision.equal() ? Reason.CORRECT : Reason.WRONG, type, decision.route());
      } catch (NoValue undefined) {
        // What turns out to be undefined only when it is compared equals nothing all the same.
        return found(found, Reason.WRONG, type, "undefined");
      } catch (Budget.Exceeded e) {
        return found(found, Reason.LIMIT, type, e.getMessage());
      }
    }

    private Verification missing(Reason reason, String type, String route) {
      return new Verification(false, reason, Optional.empty(), "none", type, route, budget.spent());
    }

    private Verification found(Found found, Reason reason, String type, String route) {
      return new Verification(
          reason == Reason.CORRECT,
          reason,
          Optional.of(found.text()),
          found.rung(),
          type,
          route,
          budget.spent());
    }

    /** Empty where nothing could ever equal it: it is blank, undefined or too large. */
    private Optional<Gold> gold(String text) {
      try {
        Budget.check(text.length() <= Budget.RESPONSE_CHARACTERS, "gold length");
        String answer = AnswerExtractor.gold(text);
        checkLength(answer);
        Optional<Character> choice = Choices.gold(answer);
        List<Token> tokens = Lexer.tokens(answer, Commas.THOUSANDS);
        boolean french = AnswerReader.isFrench(tokens);
        Parsed parsed = reader(new Habits(french, false)).read(tokens);
        boolean readable =
            !(parsed.answer() instanceof Answer.Undefined) && !parsed.tokens().isBlank();
        boolean units = parsed.answer() instanceof Scalar scalar && scalar.unit().isPresent();
        return readable
            ? Optional.of(new Gold(parsed, choice, new Habits(french, units)))
            : Optional.empty();
      } catch (Budget.Exceeded e) {
        return Optional.empty();
      }
    }

    private static void checkLength(String answer) {
      Budget.check(answer.length() <= Budget.CANDIDATE_CHARACTERS, "candidate length");
    }

    private AnswerReader reader(Habits habits) {
      return new AnswerReader(equivalence, budget, habits);
    }

    private Decision decide(Gold gold, String candidate) {
      checkLength(candidate);
      if (gold.choice().isPresent()) {
        boolean chosen = Choices.chosen(candidate).equals(gold.choice());
        return new Decision(chosen, "choice");
      }
      Comparison comparison =
          new Comparison(
              equivalence, budget, new Rules(options.approxDigits(), options.literalOnly()));
      AnswerReader reader = reader(gold.habits());
      Parsed read = reader.read(Lexer.tokens(candidate, Commas.THOUSANDS));
      Decision decision = comparison.decide(gold.parsed(), read);
      if (decision.equal()) {
        return decision;
      }
      Optional<Commas> other = otherCommas(gold, candidate);
      return other.isEmpty()
          ? decision
          : comparison.decide(gold.parsed(), reader.read(Lexer.tokens(candidate, other.get())));
    }

    /** The gold answer's reading of a comma wins where the candidate has another. */
    private static Optional<Commas> otherCommas(Gold gold, String candidate) {
      if (candidate.indexOf(',') < 0) {
        return Optional.empty();
      }
      if (gold.parsed().answer() instanceof Answer.Sequence
          || gold.parsed().answer() instanceof Answer.Intervals) {
        return Optional.of(Commas.LIST);
      }
      boolean number =
          gold.parsed().answer() instanceof Scalar
              || gold.parsed().answer() instanceof Answer.Equation;
      return number && hasDecimalComma(candidate) ? Optional.of(Commas.DECIMAL) : Optional.empty();
    }

    /** One comma, directly between digits, no point, and not three digits behind it. */
    private static boolean hasDecimalComma(String candidate) {
      int comma = candidate.indexOf(',');
      if (candidate.indexOf(',', comma + 1) >= 0 || candidate.indexOf('.') >= 0) {
        return false;
      }
      int end = comma + 1;
      while (end < candidate.length() && Character.isDigit(candidate.charAt(end))) {
        end++;
      }
      return comma > 0
          && Character.isDigit(candidate.charAt(comma - 1))
          && end > comma + 1
          && end - comma - 1 != 3;
    }
  }

  /**
   * The gold answer, read once.
   *
   * @param choice its letter, where it is a choice
   * @param habits how a response is to be read beside it
   */
  private record Gold(Parsed parsed, Optional<Character> choice, Habits habits) {
    String type() {
      return choice.isPresent() ? "Choice" : parsed.answer().type();
    }

    Sought sought() {
      if (choice.isPresent()) {
        return Sought.CHOICE;
      }
      return parsed.answer() instanceof Scalar scalar && scalar.expression().isClosed()
          ? Sought.NUMBER
          : Sought.OTHER;
    }
  }
}

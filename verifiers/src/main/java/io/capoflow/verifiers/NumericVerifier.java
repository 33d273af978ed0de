package io.capoflow.verifiers;

import io.capoflow.verifiers.AnswerExtractor.Sought;
import java.util.Optional;

/**
 * One literal number, as GSM8K asks for it: whole, decimal, or a fraction of two whole numbers,
 * compared exactly. Signs of currencies, a percent sign, thousands' commas and words behind the
 * number ("18 apples") say nothing; of "x = 6 * 3 = 18" the last side counts. Nothing is computed:
 * "6 * 3" is no number. {@link MathVerifier} is the one for answers that are more than a literal.
 */
public final class NumericVerifier implements Verifier {
  private static final PlainComparison COMPARISON =
      new PlainComparison(
          Sought.NUMBER,
          "Number",
          "number",
          NumberLiteral::normalForm,
          NumberLiteral::normalForm,
          response -> Optional.empty());

  @Override
  public String name() {
    return "numeric";
  }

  @Override
  public String version() {
    return "numeric-1";
  }

  @Override
  public Verification verify(String response, String gold, VerifierOptions options) {
    return COMPARISON.verify(response, gold, options);
  }

  @Override
  public Optional<String> normalForm(String answer, VerifierOptions options) {
    return COMPARISON.normalGold(answer);
  }
}

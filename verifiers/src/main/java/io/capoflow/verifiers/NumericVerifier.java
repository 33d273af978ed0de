package io.capoflow.verifiers;

import io.capoflow.verifiers.extraction.Sought;
import io.capoflow.verifiers.reading.NumberLiteral;
import java.util.Optional;

/**
 * One literal number, as GSM8K asks for it: whole, decimal, or a fraction of two whole numbers,
 * compared exactly. Signs of currencies, a percent sign, thousands' commas and words behind the
 * number ("18 apples") say nothing; of "x = 6 * 3 = 18" the last side counts. Nothing is computed:
 * "6 * 3" is no number. {@link MathVerifier} is the one for answers that are more than a literal.
 */
public final class NumericVerifier extends PlainVerifier {
  public NumericVerifier() {
    super("numeric", "numeric-1", Sought.NUMBER, "Number", "number");
  }

  @Override
  Optional<String> read(String answer) {
    return NumberLiteral.normalForm(answer);
  }
}

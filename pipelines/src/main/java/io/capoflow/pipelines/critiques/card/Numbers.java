package io.capoflow.pipelines.critiques.card;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.OptionalDouble;

/** Writes numbers, each in one way on every machine. */
final class Numbers {
  /** In place of a figure that is not defined. */
  static final String NONE = "–";

  private static final int DIGITS_OF_A_DOUBLE = 17;

  private Numbers() {}

  /** With thousands set apart. */
  static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** What the double is, rounded half to even, as Python's {@code f"{x:,.2f}"} writes it. */
  static String fixed(double value, int digits) {
    return String.format(
        Locale.ROOT,
        "%,." + digits + "f",
        new BigDecimal(value).setScale(digits, RoundingMode.HALF_EVEN));
  }

  /** {@link #fixed(double, int)}, or {@link #NONE}. */
  static String fixed(OptionalDouble value, int digits) {
    return value.isPresent() ? fixed(value.getAsDouble(), digits) : NONE;
  }

  /** A share in per cent, with two digits, or {@link #NONE} where there is no whole. */
  static String share(long part, long whole) {
    return whole == 0 ? NONE : fixed(100.0 * part / whole, 2) + " %";
  }

  /** The fewest digits that give the double back: Java's own text of it has changed since 17. */
  static BigDecimal exact(double value) {
    BigDecimal all = new BigDecimal(value);
    for (int digits = 1; digits < DIGITS_OF_A_DOUBLE; digits++) {
      BigDecimal rounded = all.round(new MathContext(digits, RoundingMode.HALF_EVEN));
      if (rounded.doubleValue() == value) {
        return plain(rounded);
      }
    }
    return plain(all.round(new MathContext(DIGITS_OF_A_DOUBLE, RoundingMode.HALF_EVEN)));
  }

  private static BigDecimal plain(BigDecimal value) {
    return value.scale() < 0 ? value.setScale(0) : value;
  }
}

package io.capoflow.pipelines.critiques.card;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/**
 * Krippendorff's alpha for nominal values: how much more alike coders are than by chance.
 *
 * <p>K. Krippendorff, <i>Content Analysis</i>, 2nd edition, 2004, chapter 11, and <i>Computing
 * Krippendorff's Alpha-Reliability</i>, 2011, section C: with n<sub>uc</sub> coders who give unit u
 * the value c, m<sub>u</sub> coders of unit u, and n<sub>c</sub> and n the sums over the units of
 * at least two coders,
 *
 * <pre>
 * alpha = 1 - (n - 1) · Σ_u [ Σ_{c≠k} n_uc n_uk / (m_u - 1) ] / Σ_{c≠k} n_c n_k
 * </pre>
 *
 * <p>A coder who gives a unit no value is missing there; a unit with one value or none takes no
 * part. All sums are of whole numbers, so the order of units changes nothing. For one thread.
 */
final class KrippendorffAlpha {
  /** Whether there is an alpha, and if not, why. */
  enum State {
    DEFINED,
    /** No unit has two values. */
    NOTHING_TO_COMPARE,
    /** All values are the same: the formula divides 0 by 0. */
    ONE_VALUE_ONLY
  }

  private final long[] totals;

  /** By the coders of a unit, how many ordered pairs of coders differ in units of so many. */
  private final TreeMap<Integer, Long> differing = new TreeMap<>();

  private long units;

  /**
   * @param values how many there are
   */
  KrippendorffAlpha(int values) {
    totals = new long[values];
  }

  /**
   * Adds a unit.
   *
   * @param coders of each value, how many gave it to the unit
   */
  void add(int... coders) {
    int all = Arrays.stream(coders).sum();
    if (all < 2) {
      return;
    }
    units++;
    long pairs = 0;
    for (int value = 0; value < totals.length; value++) {
      totals[value] += coders[value];
      pairs += (long) coders[value] * (all - coders[value]);
    }
    differing.merge(all, pairs, Long::sum);
  }

  /** Units with at least two values. */
  long units() {
    return units;
  }

  State state() {
    if (units == 0) {
      return State.NOTHING_TO_COMPARE;
    }
    return Arrays.stream(totals).filter(total -> total > 0).count() == 1
        ? State.ONE_VALUE_ONLY
        : State.DEFINED;
  }

  /** At most 1; 0 where coders are as alike as chance makes them; empty unless defined. */
  OptionalDouble value() {
    if (state() != State.DEFINED) {
      return OptionalDouble.empty();
    }
    // Over a common denominator, so that what is rounded is the quotient alone.
    BigInteger denominator =
        differing.keySet().stream()
            .map(coders -> BigInteger.valueOf(coders - 1L))
            .reduce(BigInteger.ONE, (a, b) -> a.divide(a.gcd(b)).multiply(b));
    BigInteger observed = BigInteger.ZERO;
    for (Map.Entry<Integer, Long> entry : differing.entrySet()) {
      observed =
          observed.add(
              denominator
                  .divide(BigInteger.valueOf(entry.getKey() - 1L))
                  .multiply(BigInteger.valueOf(entry.getValue())));
    }
    BigInteger all = BigInteger.valueOf(Arrays.stream(totals).sum());
    BigInteger expected = BigInteger.ZERO;
    for (long total : totals) {
      BigInteger one = BigInteger.valueOf(total);
      expected = expected.add(one.multiply(all.subtract(one)));
    }
    BigInteger whole = expected.multiply(denominator);
    BigInteger part = whole.subtract(observed.multiply(all.subtract(BigInteger.ONE)));
    return OptionalDouble.of(
        new BigDecimal(part).divide(new BigDecimal(whole), MathContext.DECIMAL128).doubleValue());
  }
}

package io.capoflow.verifiers.expression;

import java.math.BigDecimal;
import java.util.Set;

/**
 * Where variables are set for one numeric evaluation: short decimals, all positive at some points
 * and all negative at others, small or large; some of them to positive whole numbers, for what only
 * these make sense in (n!, (-1)^n, a sum's bound).
 */
final class Point implements Evaluator.Whole {
  static final int SEARCHED = 12;
  private static final Set<String> COMPLEX_NAMES = Set.of("z", "w");

  /** Least and largest magnitude (in millionths), and sign: 1, -1, or 0 for either. */
  private record Region(int least, int largest, int sign) {}

  private static final Region[] REGIONS = {
    new Region(200_000, 2_500_000, 1),
    new Region(200_000, 2_500_000, -1),
    new Region(100_000, 3_000_000, 0),
    new Region(100_000, 3_000_000, 0),
    new Region(10_000, 990_000, 1),
    new Region(2_000_000, 6_000_000, 1),
    new Region(100_000, 990_000, 0),
    new Region(5_000_000, 40_000_000, 1),
    new Region(40_000_000, 200_000_000, 1),
    new Region(10_000, 990_000, -1),
    new Region(5_000_000, 40_000_000, -1),
    new Region(500_000, 1_500_000, 1)
  };

  private final Draws draws;
  private final int index;
  private final Set<String> whole;

  private Point(Draws draws, int index, Set<String> whole) {
    this.draws = draws;
    this.index = index;
    this.whole = whole;
  }

  static Point general(Draws draws, int index) {
    return new Point(draws, index, Set.of());
  }

  /**
   * @param names of the variables that are whole
   */
  static Point whole(Draws draws, int index, Set<String> names) {
    return new Point(draws, index, names);
  }

  @Override
  public Rational of(String name) {
    return whole.contains(name)
        ? Rational.of(1 + draws.below(4 + 2 * (index % SEARCHED), name, index))
        : null;
  }

  BigDecimal real(String name) {
    Region region = REGIONS[index % SEARCHED];
    int magnitude = region.least() + draws.below(region.largest() - region.least(), name, index);
    boolean negative =
        region.sign() < 0 || (region.sign() == 0 && (draws.bits(name, index) >>> 63) == 1);
    return BigDecimal.valueOf(negative ? -magnitude : magnitude, 6);
  }

  /** Zero but for the names that customarily stand for complex numbers. */
  BigDecimal imaginary(String name) {
    return COMPLEX_NAMES.contains(name) ? real(name + "'") : BigDecimal.ZERO;
  }
}

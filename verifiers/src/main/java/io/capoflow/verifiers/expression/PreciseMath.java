package io.capoflow.verifiers.expression;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/**
 * Elementary functions to more than 60 digits, in fixed point with 256 bits behind the point:
 * argument reduction, a Taylor series, and one step of higher order from the double's value for
 * inverse functions. The tests compare it with big-math.
 */
final class PreciseMath {
  static final MathContext CONTEXT = new MathContext(64);
  private static final int BITS = 256;
  private static final int CONSTANT_BITS = 448;
  private static final BigInteger ONE = BigInteger.ONE.shiftLeft(BITS);
  private static final BigDecimal UNIT = new BigDecimal(ONE);
  private static final int DECIMALS = 75; // more than 236 bits
  private static final BigInteger DECIMAL = BigInteger.TEN.pow(DECIMALS);
  private static final BigInteger PI_FIXED = machin(CONSTANT_BITS);
  private static final BigInteger HALF_PI_FIXED = PI_FIXED.shiftRight(1);
  private static final BigInteger LN_TEN_FIXED = lnTen(CONSTANT_BITS);
  static final BigDecimal PI = decimal(PI_FIXED.shiftRight(CONSTANT_BITS - BITS));
  private static final BigDecimal LN_TEN = decimal(LN_TEN_FIXED.shiftRight(CONSTANT_BITS - BITS));
  static final BigDecimal EULER = decimal(expOfSmall(ONE));

  /** Below this, the first terms of a series say more than fixed point can. */
  private static final BigDecimal TINY = new BigDecimal("1e-18");

  private static final double BITS_PER_DIGIT = 3.321928094887362;
  private static final double LARGEST_EXPONENT = 1e6;
  private static final int LARGEST_ANGLE_DIGITS = 18;

  private PreciseMath() {}

  /** The binary logarithm, to within a few bits; negative infinity for 0. */
  static double magnitude(BigDecimal value) {
    return value.signum() == 0
        ? Double.NEGATIVE_INFINITY
        : value.unscaledValue().bitLength() - value.scale() * BITS_PER_DIGIT;
  }

  static BigDecimal exp(BigDecimal x) {
    Budget.check(Math.abs(x.doubleValue()) < LARGEST_EXPONENT, "magnitude");
    int tens = (int) Math.rint(x.doubleValue() / 2.302585092994046);
    BigInteger rest = wide(x).subtract(LN_TEN_FIXED.multiply(BigInteger.valueOf(tens)));
    return decimal(expOfSmall(rest.shiftRight(CONSTANT_BITS - BITS))).scaleByPowerOfTen(tens);
  }

  /** e^x for |x| up to about 2, as ((e^(x/256))^2)^2… */
  private static BigInteger expOfSmall(BigInteger x) {
    int halvings = 8;
    BigInteger small = x.shiftRight(halvings);
    BigInteger sum = ONE.add(small);
    BigInteger term = small;
    for (int n = 2; term.bitLength() > 1; n++) {
      term = times(term, small).divide(BigInteger.valueOf(n));
      sum = sum.add(term);
    }
    for (int i = 0; i < halvings; i++) {
      sum = times(sum, sum);
    }
    return sum;
  }

  /** For x above 0. */
  static BigDecimal ln(BigDecimal x) {
    int tens = x.precision() - x.scale();
    BigDecimal mantissa = x.scaleByPowerOfTen(-tens); // in [0.1, 1)
    double guess = Math.log(mantissa.doubleValue());
    BigInteger guessed = fixed(new BigDecimal(guess));
    BigInteger power = expOfSmall(guessed);
    BigInteger m = fixed(mantissa);
    // ln(m / p) = 2 artanh t, t = (m - p) / (m + p)
    BigInteger t = m.subtract(power).shiftLeft(BITS).divide(m.add(power));
    BigInteger cube = times(times(t, t), t).divide(BigInteger.valueOf(3));
    BigDecimal small = decimal(guessed.add(t.add(cube).shiftLeft(1)));
    return small.add(LN_TEN.multiply(BigDecimal.valueOf(tens)), CONTEXT);
  }

  static BigDecimal sin(BigDecimal x) {
    if (x.abs().compareTo(TINY) < 0) {
      BigDecimal square = x.multiply(x, CONTEXT);
      return x.subtract(
          x.multiply(square, CONTEXT).divide(BigDecimal.valueOf(6), CONTEXT), CONTEXT);
    }
    return decimal(sinCos(x)[0]);
  }

  static BigDecimal cos(BigDecimal x) {
    return decimal(sinCos(x)[1]);
  }

  private static BigInteger[] sinCos(BigDecimal x) {
    Budget.check(x.precision() - x.scale() <= LARGEST_ANGLE_DIGITS, "magnitude");
    BigInteger wide = wide(x);
    BigInteger quarters = wide.add(HALF_PI_FIXED.shiftRight(1)).divide(HALF_PI_FIXED);
    if (wide.signum() < 0) {
      quarters = wide.subtract(HALF_PI_FIXED.shiftRight(1)).divide(HALF_PI_FIXED);
    }
    BigInteger rest =
        wide.subtract(quarters.multiply(HALF_PI_FIXED)).shiftRight(CONSTANT_BITS - BITS);
    BigInteger[] small = sinCosOfSmall(rest);
    return switch (quarters.intValue() & 3) {
      case 0 -> small;
      case 1 -> new BigInteger[] {small[1], small[0].negate()};
      case 2 -> new BigInteger[] {small[0].negate(), small[1].negate()};
      default -> new BigInteger[] {small[1].negate(), small[0]};
    };
  }

  /** For |x| up to about 2: the series at x / 32, then doubled. */
  private static BigInteger[] sinCosOfSmall(BigInteger x) {
    int halvings = 5;
    BigInteger small = x.shiftRight(halvings);
    BigInteger square = times(small, small);
    BigInteger sin = small;
    BigInteger versine = BigInteger.ZERO; // 1 - cos
    BigInteger term = small;
    BigInteger other = square.shiftRight(1);
    for (int n = 1; other.bitLength() > 1 || term.bitLength() > 1; n++) {
      versine = n % 2 == 1 ? versine.add(other) : versine.subtract(other);
      term = times(term, square).divide(BigInteger.valueOf(2L * n * (2L * n + 1)));
      sin = n % 2 == 1 ? sin.subtract(term) : sin.add(term);
      other = times(other, square).divide(BigInteger.valueOf((2L * n + 1) * (2L * n + 2)));
    }
    BigInteger cos = ONE.subtract(versine);
    for (int i = 0; i < halvings; i++) {
      BigInteger doubled = times(sin, cos).shiftLeft(1);
      cos = ONE.subtract(times(sin, sin).shiftLeft(1));
      sin = doubled;
    }
    return new BigInteger[] {sin, cos};
  }

  static BigDecimal atan(BigDecimal x) {
    if (x.abs().compareTo(TINY) < 0) {
      BigDecimal square = x.multiply(x, CONTEXT);
      return x.subtract(
          x.multiply(square, CONTEXT).divide(BigDecimal.valueOf(3), CONTEXT), CONTEXT);
    }
    if (x.abs().compareTo(BigDecimal.ONE) > 0) {
      BigDecimal half = PI.divide(BigDecimal.valueOf(x.signum() * 2L), CONTEXT);
      return half.subtract(atan(BigDecimal.ONE.divide(x, CONTEXT)), CONTEXT);
    }
    BigInteger guess = fixed(new BigDecimal(Math.atan(x.doubleValue())));
    BigInteger[] at = sinCosOfSmall(guess);
    BigInteger fixed = fixed(x);
    // tan(y - g) = (x cos g - sin g) / (cos g + x sin g), and arctan t = t - t^3/3 + …
    BigInteger numerator = times(fixed, at[1]).subtract(at[0]);
    BigInteger denominator = at[1].add(times(fixed, at[0]));
    BigInteger t = numerator.shiftLeft(BITS).divide(denominator);
    BigInteger cube = times(times(t, t), t).divide(BigInteger.valueOf(3));
    return decimal(guess.add(t).subtract(cube));
  }

  /** For x of at least 0. */
  static BigDecimal root(BigDecimal x, int index) {
    if (x.signum() == 0) {
      return x;
    }
    if (index == 2) {
      return squareRoot(x);
    }
    BigDecimal root = exp(ln(x).divide(BigDecimal.valueOf(index), CONTEXT));
    // One step of Newton's takes the error of the logarithm of a large number out.
    BigDecimal power = root.pow(index - 1, CONTEXT);
    BigDecimal step =
        x.divide(power, CONTEXT).subtract(root, CONTEXT).divide(BigDecimal.valueOf(index), CONTEXT);
    return root.add(step, CONTEXT);
  }

  private static BigDecimal squareRoot(BigDecimal x) {
    int scale = x.scale();
    int shift = Math.max(2 * CONTEXT.getPrecision() + 4 - x.precision(), 0);
    shift += (scale + shift) & 1;
    BigInteger scaled = x.setScale(scale + shift).unscaledValue();
    return new BigDecimal(wholeRoot(scaled), (scale + shift) / 2).round(CONTEXT);
  }

  /** The square root to all its digits or one more in the last, from the double's by Newton. */
  private static BigInteger wholeRoot(BigInteger square) {
    int even = Math.max(square.bitLength() - 62, 0) & -2;
    double top = Math.sqrt(square.shiftRight(even).doubleValue()); // below 2^31
    BigInteger root = BigInteger.valueOf((long) (top * 0x1p21)).shiftLeft(even / 2).shiftRight(21);
    for (int right = 50; right < square.bitLength() / 2 + 1; right *= 2) {
      root = root.add(square.divide(root)).shiftRight(1);
    }
    return root;
  }

  private static BigInteger times(BigInteger left, BigInteger right) {
    return left.multiply(right).shiftRight(BITS);
  }

  private static BigInteger fixed(BigDecimal x) {
    return magnitude(x) < -BITS - 8 ? BigInteger.ZERO : x.multiply(UNIT).toBigInteger();
  }

  private static BigInteger wide(BigDecimal x) {
    return fixed(x).shiftLeft(CONSTANT_BITS - BITS);
  }

  private static BigDecimal decimal(BigInteger fixed) {
    return new BigDecimal(fixed.multiply(DECIMAL).shiftRight(BITS), DECIMALS);
  }

  /** pi = 16 arctan(1/5) - 4 arctan(1/239) (Machin 1706). */
  private static BigInteger machin(int bits) {
    return inverseSeries(5, bits, true)
        .multiply(BigInteger.valueOf(16))
        .subtract(inverseSeries(239, bits, true).multiply(BigInteger.valueOf(4)));
  }

  /** ln 10 = 46 artanh(1/31) + 34 artanh(1/49) + 20 artanh(1/161). */
  private static BigInteger lnTen(int bits) {
    return inverseSeries(31, bits, false)
        .multiply(BigInteger.valueOf(46))
        .add(inverseSeries(49, bits, false).multiply(BigInteger.valueOf(34)))
        .add(inverseSeries(161, bits, false).multiply(BigInteger.valueOf(20)));
  }

  /** arctan(1/n), or artanh(1/n) where the signs do not alternate. */
  private static BigInteger inverseSeries(int n, int bits, boolean alternating) {
    int guard = 32;
    BigInteger square = BigInteger.valueOf((long) n * n);
    BigInteger power = BigInteger.ONE.shiftLeft(bits + guard).divide(BigInteger.valueOf(n));
    BigInteger sum = power;
    for (int k = 1; power.signum() != 0; k++) {
      power = power.divide(square);
      BigInteger term = power.divide(BigInteger.valueOf(2L * k + 1));
      sum = alternating && k % 2 == 1 ? sum.subtract(term) : sum.add(term);
    }
    return sum.shiftRight(guard);
  }
}

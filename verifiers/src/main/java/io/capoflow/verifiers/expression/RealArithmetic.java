package io.capoflow.verifiers.expression;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Real numbers as doubles: fast, and sure only of what differs. */
final class RealArithmetic implements Arithmetic<Real> {
  private static final double LARGEST = 1e300;
  private static final double SMALLEST = 1e-290;
  private static final double FUNCTION_ULPS = 0x1p-50;
  private static final Real PI = Real.rounded(Math.PI, 0);
  private static final Real EULER = Real.rounded(Math.E, 0);

  /** What a function or power costs, in units of fuel; any other operation costs one. */
  private static final int FUNCTION_COST = 3;

  private final Point point;
  private final Budget budget;

  RealArithmetic(Point point, Budget budget) {
    this.point = point;
    this.budget = budget;
  }

  @Override
  public Real number(Rational value) {
    if (value.isInteger()) {
      BigInteger whole = value.numerator();
      if (whole.bitLength() <= 53) {
        return new Real(whole.doubleValue(), 0);
      }
      return checked(whole.doubleValue(), 0);
    }
    if (value.bits() < 1000) {
      return checked(value.numerator().doubleValue() / value.denominator().doubleValue(), 0);
    }
    throw new OutOfReach("large");
  }

  @Override
  public Real variable(String name) {
    BigDecimal value = point.real(name);
    return Real.rounded(value.doubleValue(), 0);
  }

  @Override
  public Real pi() {
    return PI;
  }

  @Override
  public Real euler() {
    return EULER;
  }

  @Override
  public Real imaginary() {
    throw new OutOfReach("not real");
  }

  @Override
  public Real add(Real left, Real right) {
    budget.spend(1);
    return checked(left.value() + right.value(), left.error() + right.error());
  }

  @Override
  public Real multiply(Real left, Real right) {
    budget.spend(1);
    double product = left.value() * right.value();
    if (product == 0 && left.value() != 0 && right.value() != 0) {
      throw new OutOfReach("small");
    }
    return checked(
        product, Math.abs(left.value()) * right.error() + Math.abs(right.value()) * left.error());
  }

  @Override
  public Real divide(Real dividend, Real divisor) {
    budget.spend(1);
    if (divisor.value() == 0 && divisor.error() == 0) {
      throw new NoValue("division by zero");
    }
    if (divisor.mayBeZero()) {
      throw new OutOfReach("a divisor near zero");
    }
    double quotient = dividend.value() / divisor.value();
    if (quotient == 0 && dividend.value() != 0) {
      throw new OutOfReach("small");
    }
    return checked(
        quotient,
        (dividend.error() + Math.abs(quotient) * divisor.error()) / Math.abs(divisor.value()));
  }

  @Override
  public Real negate(Real value) {
    return new Real(-value.value(), value.error());
  }

  @Override
  public Real power(Real base, BigInteger exponent) {
    budget.spend(FUNCTION_COST);
    if (exponent.signum() == 0) {
      if (base.mayBeZero()) {
        throw nearZero(base);
      }
      return new Real(1, 0);
    }
    if (base.mayBeZero() && exponent.signum() < 0) {
      throw nearZero(base);
    }
    if (exponent.bitLength() > 31) {
      throw new OutOfReach("exponent");
    }
    int n = exponent.intValue();
    double power = Math.pow(base.value(), n);
    if (power == 0 && base.value() != 0) {
      throw new OutOfReach("small");
    }
    double slope = base.value() == 0 ? (n == 1 ? 1 : 0) : Math.abs(n * (power / base.value()));
    return checked(power, slope * base.error() + Math.abs(power) * 0x1p-50);
  }

  private static RuntimeException nearZero(Real value) {
    return value.value() == 0 && value.error() == 0
        ? new NoValue("zero to a power that is not positive")
        : new OutOfReach("near zero");
  }

  @Override
  public Real power(Real base, Real exponent) {
    budget.spend(FUNCTION_COST);
    if (base.mayBeZero()) {
      throw new OutOfReach("a base near zero");
    }
    if (base.value() < 0) {
      throw new OutOfReach("not real");
    }
    double power = Math.pow(base.value(), exponent.value());
    if (power < SMALLEST) {
      throw new OutOfReach("small");
    }
    return checked(
        power,
        power
            * (Math.abs(exponent.value()) * base.error() / base.value()
                + Math.abs(Math.log(base.value())) * exponent.error()
                + FUNCTION_ULPS));
  }

  @Override
  public Real root(Real radicand, int index) {
    budget.spend(FUNCTION_COST);
    if (index == 1) {
      return radicand;
    }
    if (radicand.mayBeZero()) {
      if (radicand.error() == 0) {
        return radicand;
      }
      throw new OutOfReach("a radicand near zero");
    }
    if (radicand.value() < 0 && index % 2 == 0) {
      throw new OutOfReach("not real");
    }
    double magnitude = Math.abs(radicand.value());
    double root = index == 2 ? Math.sqrt(magnitude) : Math.pow(magnitude, 1.0 / index);
    double error = root * (radicand.error() / magnitude / index + FUNCTION_ULPS);
    return checked(radicand.value() < 0 ? -root : root, error);
  }

  @Override
  public Real apply(Function function, Real x) {
    budget.spend(FUNCTION_COST);
    double v = x.value();
    return switch (function) {
      case SIN -> function(Math.sin(v), x, 1);
      case COS -> function(Math.cos(v), x, 1);
      case TAN -> divide(apply(Function.SIN, x), apply(Function.COS, x));
      case COT -> divide(apply(Function.COS, x), apply(Function.SIN, x));
      case SEC -> divide(new Real(1, 0), apply(Function.COS, x));
      case CSC -> divide(new Real(1, 0), apply(Function.SIN, x));
      case ARCSIN -> {
        inside(x);
        yield function(Math.asin(v), x, 1 / Math.sqrt(1 - v * v));
      }
      case ARCCOS -> {
        inside(x);
        yield function(Math.acos(v), x, 1 / Math.sqrt(1 - v * v));
      }
      case ARCTAN -> function(Math.atan(v), x, 1);
      case ARCCOT -> {
        Real arc = apply(Function.ARCTAN, x);
        yield checked(Math.PI / 2 - arc.value(), arc.error() + 0x1p-52);
      }
      case ARCSEC -> apply(Function.ARCCOS, divide(new Real(1, 0), x));
      case ARCCSC -> apply(Function.ARCSIN, divide(new Real(1, 0), x));
      case SINH -> function(Math.sinh(v), x, Math.cosh(v));
      case COSH -> function(Math.cosh(v), x, Math.abs(Math.sinh(v)));
      case TANH -> function(Math.tanh(v), x, 1);
      case EXP -> {
        double power = Math.exp(v);
        if (power < SMALLEST) {
          throw new OutOfReach("small");
        }
        yield function(power, x, power);
      }
      case LN -> {
        if (v == 0 && x.error() == 0) {
          throw new NoValue("logarithm of zero");
        }
        if (x.mayBeZero() || v < 0) {
          throw new OutOfReach("not real");
        }
        yield function(Math.log(v), x, 1 / v);
      }
      case ABS, CONJUGATE, REAL_PART ->
          new Real(function == Function.ABS ? Math.abs(v) : v, x.error());
      case IMAGINARY_PART -> new Real(0, 0);
      case FLOOR, CEILING -> {
        if (x.error() > 0 && Math.abs(v - Math.rint(v)) <= 8 * x.error()) {
          throw new OutOfReach("near a step");
        }
        yield new Real(function == Function.FLOOR ? Math.floor(v) : Math.ceil(v), 0);
      }
      case SIGN -> {
        if (x.error() > 0 && x.mayBeZero()) {
          throw new OutOfReach("near a step");
        }
        yield new Real(Math.signum(v), 0);
      }
    };
  }

  /** Strictly inside -1 to 1, where the slope is finite. */
  private static void inside(Real x) {
    if (Math.abs(x.value()) + 8 * x.error() >= 1) {
      throw new OutOfReach("not inside -1 to 1");
    }
  }

  private static Real function(double value, Real argument, double slope) {
    return checked(value, slope * argument.error() + (1 + Math.abs(value)) * FUNCTION_ULPS);
  }

  @Override
  public Real maximum(Real left, Real right) {
    return left.value() >= right.value() ? left : right;
  }

  @Override
  public int largestFactorial() {
    return 170;
  }

  private static Real checked(double value, double error) {
    if (!(Math.abs(value) < LARGEST) || !(error < LARGEST)) {
      throw new OutOfReach("large");
    }
    return Real.rounded(value, error);
  }
}

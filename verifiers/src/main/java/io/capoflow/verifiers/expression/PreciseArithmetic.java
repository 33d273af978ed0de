package io.capoflow.verifiers.expression;

import static io.capoflow.verifiers.expression.Precise.EXACT;
import static io.capoflow.verifiers.expression.Precise.FUNCTION_NOISE;
import static io.capoflow.verifiers.expression.Precise.larger;
import static io.capoflow.verifiers.expression.PreciseMath.CONTEXT;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** Real numbers to 64 digits. Confined to one verification. */
final class PreciseArithmetic implements Arithmetic<Precise> {
  static final Precise ONE = Precise.exact(BigDecimal.ONE);
  static final Precise ZERO = Precise.exact(BigDecimal.ZERO);
  private static final Precise TWO = Precise.exact(BigDecimal.valueOf(2));
  private static final double LARGEST_MAGNITUDE = 1 << 22;

  /** What operations cost, in units of fuel. */
  private static final int ADDITION = 10;

  private static final int MULTIPLICATION = 20;
  private static final int DIVISION = 25;
  private static final int SQUARE_ROOT = 80;
  private static final int SINE = 280;
  private static final int EXPONENTIAL = 250;
  private static final int LOGARITHM = 340;
  private static final int ARCTANGENT = 340;
  private static final int CONVERSION = 5;

  /** Pairs of bits of a long number that are rounded to 64 digits for a unit of fuel. */
  private static final long ROUNDED_BITS = 12_000;

  private final Point point;
  private final Memory memory;

  /** Values of functions at exact arguments, which both sides and all points may share. */
  static final class Memory {
    /** Written out what a record has of its own: making that costs a process's first verdict. */
    private record Application(Function function, int index, BigDecimal argument) {
      @Override
      public boolean equals(Object other) {
        return other instanceof Application that
            && function == that.function
            && index == that.index
            && argument.equals(that.argument);
      }

      @Override
      public int hashCode() {
        return 31 * (31 * argument.hashCode() + index) + Objects.hashCode(function);
      }
    }

    private final Map<Application, Precise> values = new HashMap<>();
    private final Budget budget;

    Memory(Budget budget) {
      this.budget = budget;
    }
  }

  PreciseArithmetic(Point point, Memory memory) {
    this.point = point;
    this.memory = memory;
  }

  @Override
  public Precise number(Rational value) {
    long bits = value.bits();
    memory.budget.spend(CONVERSION + bits * bits / ROUNDED_BITS);
    BigDecimal numerator = new BigDecimal(value.numerator());
    if (value.isInteger()) {
      return numerator.precision() <= CONTEXT.getPrecision()
          ? Precise.exact(numerator)
          : Precise.rounded(numerator.round(CONTEXT), EXACT);
    }
    return Precise.rounded(numerator.divide(new BigDecimal(value.denominator()), CONTEXT), EXACT);
  }

  @Override
  public Precise variable(String name) {
    return Precise.exact(point.real(name));
  }

  @Override
  public Precise pi() {
    return Precise.rounded(PreciseMath.PI, EXACT);
  }

  @Override
  public Precise euler() {
    return Precise.rounded(PreciseMath.EULER, EXACT);
  }

  @Override
  public Precise imaginary() {
    throw new OutOfReach("not real");
  }

  @Override
  public Precise add(Precise left, Precise right) {
    memory.budget.spend(ADDITION);
    return checked(left.value().add(right.value(), CONTEXT), larger(left.noise(), right.noise()));
  }

  @Override
  public Precise multiply(Precise left, Precise right) {
    memory.budget.spend(MULTIPLICATION);
    return checked(
        left.value().multiply(right.value(), CONTEXT),
        larger(product(left.magnitude(), right.noise()), product(right.magnitude(), left.noise())));
  }

  /** The logarithm of a product, of which either factor may be 0. */
  private static double product(double left, double right) {
    return left == EXACT || right == EXACT ? EXACT : left + right;
  }

  @Override
  public Precise divide(Precise dividend, Precise divisor) {
    if (divisor.mayBeZero()) {
      throw new NoValue("division by zero");
    }
    memory.budget.spend(DIVISION);
    BigDecimal quotient = dividend.value().divide(divisor.value(), CONTEXT);
    double noise =
        larger(dividend.noise(), product(PreciseMath.magnitude(quotient), divisor.noise()));
    return checked(quotient, noise - divisor.magnitude() + 1);
  }

  @Override
  public Precise negate(Precise value) {
    return new Precise(value.value().negate(), value.noise());
  }

  @Override
  public Precise power(Precise base, BigInteger exponent) {
    if (base.mayBeZero() && exponent.signum() <= 0) {
      throw new NoValue("zero to a power that is not positive");
    }
    if (exponent.signum() < 0) {
      return divide(ONE, power(base, exponent.negate()));
    }
    Budget.check(
        exponent.bitLength() <= 31
            && (base.value().signum() == 0
                || exponent.doubleValue() * (Math.abs(base.magnitude()) + 1) < LARGEST_MAGNITUDE),
        "magnitude");
    return repeated(ONE, base, exponent.intValue());
  }

  @Override
  public Precise power(Precise base, Precise exponent) {
    if (base.mayBeZero()) {
      if (exponent.mayBeZero() || exponent.value().signum() < 0) {
        throw new NoValue("zero to a power that is not positive");
      }
      return ZERO;
    }
    if (base.value().signum() < 0) {
      throw new OutOfReach("not real");
    }
    return apply(Function.EXP, multiply(exponent, apply(Function.LN, base)));
  }

  @Override
  public Precise root(Precise radicand, int index) {
    if (index == 1) {
      return radicand;
    }
    if (radicand.mayBeZero()) {
      return new Precise(BigDecimal.ZERO, radicand.noise() / index + 4);
    }
    boolean negative = radicand.value().signum() < 0;
    if (negative && index % 2 == 0) {
      throw new OutOfReach("not real");
    }
    if (radicand.noise() != EXACT) {
      return freshRoot(radicand, index, negative);
    }
    Memory.Application key = new Memory.Application(null, index, radicand.value());
    Precise known = memory.values.get(key);
    if (known == null) {
      known = freshRoot(radicand, index, negative);
      memory.values.put(key, known);
    }
    return known;
  }

  private Precise freshRoot(Precise radicand, int index, boolean negative) {
    memory.budget.spend(index == 2 ? SQUARE_ROOT : otherRootCost(index));
    BigDecimal root = PreciseMath.root(radicand.value().abs(), index);
    double carried = radicand.noise() + PreciseMath.magnitude(root) - radicand.magnitude() + 1;
    return Precise.rounded(negative ? root.negate() : root, carried);
  }

  /** By way of the logarithm, then a power and a step of Newton's. */
  private static int otherRootCost(int index) {
    int squarings = Integer.SIZE - Integer.numberOfLeadingZeros(index);
    return LOGARITHM + EXPONENTIAL + 2 * DIVISION + 2 * MULTIPLICATION * squarings;
  }

  @Override
  public Precise apply(Function function, Precise x) {
    if (x.noise() != EXACT) {
      return fresh(function, x);
    }
    Memory.Application key = new Memory.Application(function, 0, x.value());
    Precise known = memory.values.get(key);
    if (known == null) {
      known = fresh(function, x);
      memory.values.put(key, known);
    }
    return known;
  }

  private Precise fresh(Function function, Precise x) {
    memory.budget.spend(cost(function));
    BigDecimal v = x.value();
    return switch (function) {
      case SIN -> function(PreciseMath.sin(v), x.noise());
      case COS -> function(PreciseMath.cos(v), x.noise());
      case TAN -> divide(apply(Function.SIN, x), apply(Function.COS, x));
      case COT -> divide(apply(Function.COS, x), apply(Function.SIN, x));
      case SEC -> divide(ONE, apply(Function.COS, x));
      case CSC -> divide(ONE, apply(Function.SIN, x));
      case ARCSIN -> arcsine(x);
      case ARCCOS -> add(divide(pi(), TWO), negate(arcsine(x)));
      case ARCTAN -> function(PreciseMath.atan(v), x.noise());
      case ARCCOT -> add(divide(pi(), TWO), negate(apply(Function.ARCTAN, x)));
      case ARCSEC -> apply(Function.ARCCOS, divide(ONE, x));
      case ARCCSC -> arcsine(divide(ONE, x));
      case SINH -> halved(add(apply(Function.EXP, x), negate(apply(Function.EXP, negate(x)))));
      case COSH -> halved(add(apply(Function.EXP, x), apply(Function.EXP, negate(x))));
      case TANH -> divide(apply(Function.SINH, x), apply(Function.COSH, x));
      case EXP -> {
        BigDecimal power = PreciseMath.exp(v);
        double magnitude = PreciseMath.magnitude(power);
        yield new Precise(power, larger(magnitude + x.noise(), magnitude - 200));
      }
      case LN -> {
        if (x.mayBeZero()) {
          throw new NoValue("logarithm of zero");
        }
        if (v.signum() < 0) {
          throw new OutOfReach("not real");
        }
        yield v.compareTo(BigDecimal.ONE) == 0 && x.noise() == EXACT
            ? ZERO
            : new Precise(PreciseMath.ln(v), larger(x.noise() - x.magnitude() + 1, -205));
      }
      case ABS -> new Precise(v.abs(), x.noise());
      case CONJUGATE, REAL_PART -> x;
      case IMAGINARY_PART -> ZERO;
      case FLOOR -> Precise.exact(stepped(x).setScale(0, RoundingMode.FLOOR));
      case CEILING -> Precise.exact(stepped(x).setScale(0, RoundingMode.CEILING));
      case SIGN -> Precise.exact(BigDecimal.valueOf(x.mayBeZero() ? 0 : v.signum()));
    };
  }

  /** Beside that of the functions that it goes back to. */
  private static int cost(Function function) {
    return switch (function) {
      case SIN, COS -> SINE;
      case EXP -> EXPONENTIAL;
      case LN -> LOGARITHM;
      case ARCTAN -> ARCTANGENT;
      case SINH, COSH -> DIVISION;
      default -> ADDITION;
    };
  }

  private static Precise halved(Precise value) {
    return new Precise(value.value().divide(BigDecimal.valueOf(2), CONTEXT), value.noise());
  }

  /** A value that rounding alone keeps off a whole number is that number. */
  private static BigDecimal stepped(Precise x) {
    Budget.check(x.magnitude() < 4 * CONTEXT.getPrecision(), "magnitude");
    BigDecimal whole = x.value().setScale(0, RoundingMode.HALF_EVEN);
    boolean near = PreciseMath.magnitude(x.value().subtract(whole)) <= x.noise() + 8;
    return near ? whole : x.value();
  }

  private Precise arcsine(Precise x) {
    Precise rest = add(ONE, negate(multiply(x, x)));
    if (rest.mayBeZero()) {
      BigDecimal quarter = PreciseMath.PI.divide(BigDecimal.valueOf(2), CONTEXT);
      return new Precise(
          x.value().signum() < 0 ? quarter.negate() : quarter, larger(rest.noise() / 2, -205));
    }
    return apply(Function.ARCTAN, divide(x, root(rest, 2)));
  }

  private static Precise function(BigDecimal value, double carried) {
    return new Precise(
        value, larger(carried, Math.max(FUNCTION_NOISE, PreciseMath.magnitude(value) - 205)));
  }

  @Override
  public Precise maximum(Precise left, Precise right) {
    return left.value().compareTo(right.value()) >= 0 ? left : right;
  }

  @Override
  public int largestFactorial() {
    return 1_000;
  }

  private Precise checked(BigDecimal value, double carried) {
    Precise result = Precise.rounded(value, carried);
    Budget.check(
        value.signum() == 0 || Math.abs(result.magnitude()) < LARGEST_MAGNITUDE, "magnitude");
    return result;
  }
}

package io.capoflow.verifiers.expression;

import static java.util.Objects.requireNonNull;

import java.math.BigDecimal;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.Set;

/**
 * Whether two expressions are equal (docs/verification-spec.md, 3): exact rational numbers by
 * value; rational functions modulo two random primes; anything else in doubles at random points,
 * where a difference is final and agreement must be confirmed at 50 digits on fresh points.
 */
public final class Equivalence {
  static final int WANTED = 5;
  static final int NEEDED = 3;
  static final int CONFIRMATIONS = 2;

  /** How much longer good points are searched among whole ones, where factorials ask for order. */
  private static final int LONGER = 3;

  /** What a comparison costs in units of fuel before any value is worked out. */
  private static final int COMPARISON = 60;

  /** Nodes that are looked at for one more. */
  private static final int WALKED = 2;

  private final Randomness randomness;
  private final Budget budget;
  private final PreciseArithmetic.Memory memory;

  /** Exact values of expressions that were read, which comparing them asks for again. */
  private final IdentityHashMap<Expression, Optional<Rational>> exact = new IdentityHashMap<>();

  /** What a comparison comes to. */
  public enum Outcome {
    EQUAL,
    DIFFERENT,
    /** One of the two has no value anywhere that was tried. */
    UNDEFINED,
    /** Neither way of evaluating could tell. */
    UNDECIDED
  }

  /**
   * A comparison's end.
   *
   * @param route which way of evaluating decided
   */
  public record Decision(Outcome outcome, String route) {}

  public Equivalence(Randomness randomness, Budget budget) {
    this.randomness = requireNonNull(randomness, "randomness");
    this.budget = requireNonNull(budget, "budget");
    memory = new PreciseArithmetic.Memory(budget);
  }

  Randomness randomness() {
    return randomness;
  }

  Budget budget() {
    return budget;
  }

  /** Values at 50 digits that were worked out before. */
  PreciseArithmetic.Memory memory() {
    return memory;
  }

  /** Pays for looking at two expressions, before any value is worked out. */
  void spend(Expression left, Expression right) {
    budget.spend(COMPARISON + (left.nodes() + right.nodes()) / WALKED);
  }

  /** Whether two expressions are equal wherever both have a value. */
  public Decision compare(Expression left, Expression right) {
    if (!left.hasOpenLogarithm() && !right.hasOpenLogarithm()) {
      return compare(left, right, false);
    }
    Decision common = compare(left, right, true);
    return common.outcome() == Outcome.EQUAL ? common : compare(left, right, false);
  }

  private Decision compare(Expression left, Expression right, boolean commonLogarithm) {
    spend(left, right);
    boolean closed = left.isClosed() && right.isClosed();
    if (closed) {
      try {
        Optional<Rational> one = exact(left);
        Optional<Rational> other = one.isPresent() ? exact(right) : one;
        if (other.isPresent()) {
          boolean equal = one.equals(other);
          return new Decision(equal ? Outcome.EQUAL : Outcome.DIFFERENT, "exact");
        } // else irrational, or too large: another way
      } catch (NoValue e) {
        return new Decision(Outcome.UNDEFINED, "exact");
      }
    }
    boolean same = left.isSameAs(right);
    try {
      return modular(left, right, same);
    } catch (NoValue e) {
      return new Decision(Outcome.UNDEFINED, "modular");
    } catch (OutOfReach e) {
      // Not a rational function.
    }
    boolean complex = left.isComplex() || right.isComplex();
    if (closed) {
      return complex
          ? complexForms(left, right, same, commonLogarithm)
          : closedForms(left, right, same, false, commonLogarithm);
    }
    Decision decision = sampled(left, right, same, complex, commonLogarithm, Set.of());
    Set<String> tried = Set.of();
    for (boolean exponents : new boolean[] {false, true}) {
      if (decision.outcome() != Outcome.UNDECIDED) {
        return decision;
      }
      Set<String> whole = left.wholeVariables(exponents);
      whole.addAll(right.wholeVariables(exponents));
      if (whole.size() > tried.size()) {
        decision = sampled(left, right, same, complex, commonLogarithm, whole);
        tried = whole;
      }
    }
    return decision;
  }

  /**
   * The exact value.
   *
   * @throws NoValue where it has none
   */
  public Optional<Rational> exact(Expression closed) {
    if (closed.kind() == Expression.Kind.NUMBER) {
      return Optional.of(closed.value());
    }
    Optional<Rational> known = exact.get(closed);
    if (known == null) {
      known = freshExact(closed);
      exact.put(closed, known);
    }
    return known;
  }

  private Optional<Rational> freshExact(Expression closed) {
    try {
      return Optional.of(Evaluator.exact(budget).evaluate(closed));
    } catch (OutOfReach e) {
      return Optional.empty();
    }
  }

  /**
   * The real value to 60 digits, with e as the base of a logarithm that names none.
   *
   * @throws NoValue where it has none
   */
  public Optional<BigDecimal> value(Expression closed) {
    Point point = general(0);
    try {
      return Optional.of(
          new Evaluator<>(new PreciseArithmetic(point, memory), point, false, budget)
              .evaluate(closed)
              .value());
    } catch (OutOfReach e) {
      return Optional.empty();
    }
  }

  /**
   * The real value as a double, at one point where there are variables; not a number where a double
   * cannot hold it, it is not real, or a logarithm's base is open.
   */
  public double estimate(Expression closed) {
    if (closed.hasOpenLogarithm()) {
      return Double.NaN;
    }
    Point point = general(0);
    try {
      return new Evaluator<>(new RealArithmetic(point, budget), point, false, budget)
          .evaluate(closed)
          .value();
    } catch (OutOfReach | NoValue e) {
      return Double.NaN;
    }
  }

  /** The value modulo a prime, at a point of residues. */
  Long residue(Expression expression, int prime, int point) {
    return new Evaluator<>(
            new ModularArithmetic(randomness.prime(prime), randomness.draws(), point, budget),
            name -> null,
            false,
            budget)
        .evaluate(expression);
  }

  private Decision modular(Expression left, Expression right, boolean same) {
    if (same) {
      residue(left, 0, 0); // it has a value
      return new Decision(Outcome.EQUAL, "modular");
    }
    for (int prime = 0; prime < randomness.primes(); prime++) {
      if (!residue(left, prime, prime).equals(residue(right, prime, prime))) {
        return new Decision(Outcome.DIFFERENT, "modular");
      }
    }
    return new Decision(Outcome.EQUAL, "modular");
  }

  private Decision closedForms(
      Expression left, Expression right, boolean same, boolean complex, boolean commonLogarithm) {
    Point point = general(0);
    try {
      if (!doubles(left, right, point, same, complex, commonLogarithm)) {
        return new Decision(Outcome.DIFFERENT, "numeric");
      }
      if (same) {
        return new Decision(Outcome.EQUAL, "numeric");
      }
    } catch (NoValue e) {
      return new Decision(Outcome.UNDEFINED, "numeric");
    } catch (OutOfReach e) {
      // Doubles cannot tell.
    }
    try {
      boolean equal = confirmed(left, right, point, complex, commonLogarithm);
      return new Decision(equal ? Outcome.EQUAL : Outcome.DIFFERENT, "digits");
    } catch (NoValue e) {
      return new Decision(Outcome.UNDEFINED, "digits");
    } catch (OutOfReach e) {
      return complex
          ? new Decision(Outcome.UNDECIDED, "digits")
          : complexForms(left, right, same, commonLogarithm);
    }
  }

  /** A side whose exact value is known keeps it, though the other be complex: (-8)^{1/3} is -2. */
  private Decision complexForms(
      Expression left, Expression right, boolean same, boolean commonLogarithm) {
    try {
      return closedForms(settled(left), settled(right), same, true, commonLogarithm);
    } catch (NoValue e) {
      return new Decision(Outcome.UNDEFINED, "exact");
    }
  }

  private Expression settled(Expression closed) {
    return closed.isComplex() ? closed : exact(closed).map(Expression::number).orElse(closed);
  }

  private Decision sampled(
      Expression left,
      Expression right,
      boolean same,
      boolean complex,
      boolean commonLogarithm,
      Set<String> whole) {
    int searched = whole.isEmpty() ? Point.SEARCHED : LONGER * Point.SEARCHED;
    int good = 0;
    for (int i = 0; i < searched && good < WANTED; i++) {
      Point point = Point.whole(randomness.draws(), i, whole);
      try {
        if (!doubles(left, right, point, same, complex, commonLogarithm)) {
          return new Decision(Outcome.DIFFERENT, "numeric");
        }
        good++;
      } catch (NoValue | OutOfReach e) {
        // Not a good point: both skip it.
      }
    }
    if (good < NEEDED) {
      return new Decision(Outcome.UNDECIDED, "numeric");
    }
    if (same) {
      return new Decision(Outcome.EQUAL, "numeric");
    }
    int confirmations = 0;
    for (int i = 0; i < searched && confirmations < CONFIRMATIONS; i++) {
      Point fresh = Point.whole(randomness.draws(), searched + i, whole);
      try {
        if (!confirmed(left, right, fresh, complex, commonLogarithm)) {
          return new Decision(Outcome.DIFFERENT, "digits");
        }
        confirmations++;
      } catch (NoValue | OutOfReach e) {
        // Not a good point.
      }
    }
    return confirmations == CONFIRMATIONS
        ? new Decision(Outcome.EQUAL, "digits")
        : new Decision(Outcome.UNDECIDED, "digits");
  }

  /** A point at which variables are real numbers of either sign. */
  Point general(int index) {
    return Point.general(randomness.draws(), index);
  }

  /** Whether the values may agree; the value of the same tree need only be one. */
  private boolean doubles(
      Expression left,
      Expression right,
      Point point,
      boolean same,
      boolean complex,
      boolean commonLogarithm) {
    if (complex) {
      Arithmetic<Complex<Real>> arithmetic = new ComplexArithmetic.OfDoubles(point, budget);
      Evaluator<Complex<Real>> evaluator =
          new Evaluator<>(arithmetic, point, commonLogarithm, budget);
      Complex<Real> value = evaluator.evaluate(left);
      return same || mayAgree(value, evaluator.evaluate(right));
    }
    Evaluator<Real> evaluator =
        new Evaluator<>(new RealArithmetic(point, budget), point, commonLogarithm, budget);
    Real value = evaluator.evaluate(left);
    return same || !value.differs(evaluator.evaluate(right));
  }

  /** Relative to the whole number, since either part alone may be 0. */
  private static boolean mayAgree(Complex<Real> one, Complex<Real> other) {
    double scale =
        1e-9
            * Math.max(
                Math.hypot(one.real().value(), one.imaginary().value()),
                Math.hypot(other.real().value(), other.imaginary().value()));
    Real spread = new Real(0, scale);
    return !apart(one.real(), other.real(), spread)
        && !apart(one.imaginary(), other.imaginary(), spread);
  }

  private static boolean apart(Real one, Real other, Real spread) {
    return one.differs(other)
        && Math.abs(one.value() - other.value())
            > spread.error() + 8 * (one.error() + other.error());
  }

  private boolean confirmed(
      Expression left, Expression right, Point point, boolean complex, boolean commonLogarithm) {
    if (complex) {
      Complex<Precise> one = complex(left, point, commonLogarithm);
      Complex<Precise> other = complex(right, point, commonLogarithm);
      return one.real().agrees(other.real()) && one.imaginary().agrees(other.imaginary());
    }
    Evaluator<Precise> evaluator =
        new Evaluator<>(new PreciseArithmetic(point, memory), point, commonLogarithm, budget);
    return evaluator.evaluate(left).agrees(evaluator.evaluate(right));
  }

  private Complex<Precise> complex(Expression expression, Point point, boolean commonLogarithm) {
    Arithmetic<Complex<Precise>> arithmetic = new ComplexArithmetic.OfPrecise(point, memory);
    return new Evaluator<>(arithmetic, point, commonLogarithm, budget).evaluate(expression);
  }
}

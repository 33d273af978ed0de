package io.capoflow.verifiers.expression;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.function.BinaryOperator;

/**
 * Walks an expression in one number system. Exponents, bounds and the arguments of factorials are
 * whole numbers wherever they can be, and are therefore worked out exactly first.
 */
final class Evaluator<T> {
  /** Whole numbers that variables stand for: running indices, and those of a whole point. */
  interface Whole {
    /** Null where the variable has no such value. */
    Rational of(String name);
  }

  private record Index(String name, Rational value) {}

  /** An exponent beyond this is too large for any number that an answer means. */
  private static final int EXPONENT_BITS = 4_096;

  /** What a term of a long sum costs beside its value, in units of fuel. */
  private static final int TERM = 3;

  /** How many running indices, or letters of a name, are looked at for a unit of fuel. */
  private static final int NAMES = 8;

  /** What an unknown of a running index costs, in units of fuel. */
  private static final int RUNNING = 8;

  /** Nodes that are searched for a variable, for a unit of fuel. */
  private static final int NODES = 8;

  /** Units of fuel for leaving a level of an expression by an exception. */
  private static final int UNWOUND = 12;

  private final Arithmetic<T> arithmetic;
  private final Whole whole;
  private final boolean commonLogarithm;
  private final Budget budget;
  private final Deque<Index> indices;
  private final ExactArithmetic rationals;
  private final Evaluator<Rational> exact;
  private int lastArgument;
  private T lastFactorial;

  /**
   * @param commonLogarithm whether a logarithm without a base has base 10 rather than e
   */
  Evaluator(Arithmetic<T> arithmetic, Whole whole, boolean commonLogarithm, Budget budget) {
    this.arithmetic = arithmetic;
    this.whole = whole;
    this.commonLogarithm = commonLogarithm;
    this.budget = budget;
    this.indices = new ArrayDeque<>();
    this.rationals = new ExactArithmetic(budget);
    this.exact = new Evaluator<>(rationals, rationals, whole, commonLogarithm, budget, indices);
  }

  private Evaluator(
      Arithmetic<T> arithmetic,
      ExactArithmetic rationals,
      Whole whole,
      boolean commonLogarithm,
      Budget budget,
      Deque<Index> indices) {
    this.arithmetic = arithmetic;
    this.rationals = rationals;
    this.whole = whole;
    this.commonLogarithm = commonLogarithm;
    this.budget = budget;
    this.indices = indices;
    this.exact = null;
  }

  /** An evaluator of exact values at no point at all. */
  static Evaluator<Rational> exact(Budget budget) {
    ExactArithmetic rationals = new ExactArithmetic(budget);
    return new Evaluator<>(rationals, rationals, name -> null, false, budget, new ArrayDeque<>());
  }

  T evaluate(Expression expression) {
    budget.spend(1);
    return switch (expression.kind()) {
      case NUMBER -> arithmetic.number(expression.value());
      case VARIABLE -> variable(expression.name());
      case RUNNING -> variable(runningName(expression));
      case PI -> arithmetic.pi();
      case EULER -> arithmetic.euler();
      case IMAGINARY -> arithmetic.imaginary();
      case INFINITY -> throw new NoValue("infinity");
      case SUM -> folded(expression, arithmetic::add);
      case PRODUCT -> folded(expression, arithmetic::multiply);
      case QUOTIENT ->
          arithmetic.divide(evaluate(expression.part(0)), evaluate(expression.part(1)));
      case NEGATION -> arithmetic.negate(evaluate(expression.part(0)));
      case POWER -> power(expression.part(0), expression.part(1));
      case ROOT -> root(expression.part(0), index(expression.part(1)));
      case FACTORIAL -> factorial(wholeNumber(expression.part(0)));
      case BINOMIAL -> binomial(wholeNumber(expression.part(0)), wholeNumber(expression.part(1)));
      case LOGARITHM -> logarithm(expression);
      case FUNCTION -> arithmetic.apply(expression.function(), evaluate(expression.part(0)));
      case MAXIMUM -> extreme(expression, false);
      case MINIMUM -> extreme(expression, true);
      case GREATEST_COMMON_DIVISOR, LEAST_COMMON_MULTIPLE -> divisor(expression);
      case SUM_OVER, PRODUCT_OVER -> over(expression);
    };
  }

  private T folded(Expression expression, BinaryOperator<T> operation) {
    if (expression.arity() == 2) {
      return operation.apply(evaluate(expression.part(0)), evaluate(expression.part(1)));
    }
    Balanced<T> whole = new Balanced<>(operation);
    for (int i = 0; i < expression.arity(); i++) {
      whole.add(evaluate(expression.part(i)));
    }
    return whole.result();
  }

  private T variable(String name) {
    budget.spend((indices.size() + name.length()) / NAMES);
    for (Index index : indices) {
      if (index.name().equals(name)) {
        return arithmetic.number(index.value());
      }
    }
    Rational value = whole.of(name);
    return value == null ? arithmetic.variable(name) : arithmetic.number(value);
  }

  /** As a_3 and f(3) are named where they are written out. */
  private String runningName(Expression expression) {
    budget.spend(RUNNING);
    Rational value = exactly(expression.part(0));
    if (!value.isInteger() || value.bits() >= Long.SIZE) {
      throw new OutOfReach("an index that is no small whole number");
    }
    long index = value.numerator().longValue();
    String name = expression.name();
    return name + (index < 0 ? "- " + -index : index) + (name.endsWith("(") ? ")" : "");
  }

  private Rational exactly(Expression expression) {
    return exact == null ? (Rational) evaluate(expression) : exact.evaluate(expression);
  }

  /** Null where it is not a rational number that can be worked out. */
  private Rational exactlyOrNull(Expression expression) {
    if (expression.kind() == Expression.Kind.NUMBER) {
      return expression.value();
    }
    if (exact == null) {
      return exactly(expression); // nothing else is left to try here
    }
    try {
      return exactly(expression);
    } catch (OutOfReach e) {
      budget.spend((long) UNWOUND * expression.depth());
      return null;
    }
  }

  private T power(Expression base, Expression exponent) {
    Rational exactExponent = exactlyOrNull(exponent);
    if (exactExponent == null) {
      if (base.kind() == Expression.Kind.EULER) {
        return arithmetic.apply(Function.EXP, evaluate(exponent));
      }
      return arithmetic.power(evaluate(base), evaluate(exponent));
    }
    Budget.check(exactExponent.bits() <= EXPONENT_BITS, "exponent");
    if (exactExponent.isInteger()) {
      return arithmetic.power(evaluate(base), exactExponent.numerator());
    }
    T value = evaluate(base);
    if (base.kind() == Expression.Kind.EULER || exactExponent.denominator().bitLength() > 10) {
      return arithmetic.power(value, arithmetic.number(exactExponent));
    }
    T root = arithmetic.principalRoot(value, exactExponent.denominator().intValue());
    return arithmetic.power(root, exactExponent.numerator());
  }

  /** The root sign's: of a variable it is the same as the power to 1/index, whatever the system. */
  private T root(Expression radicand, int index) {
    T value = evaluate(radicand);
    budget.spend(radicand.nodes() / NODES);
    return radicand.mentions(Expression.Kind.VARIABLE)
        ? arithmetic.principalRoot(value, index)
        : arithmetic.root(value, index);
  }

  private int index(Expression expression) {
    BigInteger index = wholeNumber(expression);
    if (index.signum() <= 0) {
      throw new NoValue("root");
    }
    Budget.check(index.bitLength() <= 10, "root");
    return index.intValue();
  }

  private BigInteger wholeNumber(Expression expression) {
    Rational value = exactly(expression);
    if (!value.isInteger()) {
      throw new NoValue("not a whole number");
    }
    return value.numerator();
  }

  private T factorial(BigInteger argument) {
    if (argument.signum() < 0) {
      throw new NoValue("factorial");
    }
    Budget.check(argument.compareTo(BigInteger.valueOf(Budget.FACTORIAL)) <= 0, "factorial");
    int n = argument.intValue();
    if (n > arithmetic.largestFactorial()) {
      throw new OutOfReach("factorial");
    }
    // A sum of factorials goes on from the last one.
    boolean further = lastFactorial != null && n >= lastArgument;
    int start = further ? lastArgument : 1;
    T product = further ? lastFactorial : arithmetic.number(Rational.ONE);
    product = arithmetic.multiply(product, arithmetic.falling(argument, n - start));
    lastArgument = n;
    lastFactorial = product;
    return product;
  }

  private T binomial(BigInteger n, BigInteger k) {
    if (k.signum() < 0 || (n.signum() >= 0 && k.compareTo(n) > 0)) {
      return arithmetic.number(Rational.ZERO);
    }
    BigInteger chosen = n.signum() >= 0 ? k.min(n.subtract(k)) : k;
    Budget.check(chosen.compareTo(BigInteger.valueOf(Budget.FACTORIAL)) <= 0, "binomial");
    Budget.check(n.bitLength() <= 64, "binomial");
    int steps = chosen.intValue();
    if (steps > arithmetic.largestFactorial()) {
      throw new OutOfReach("binomial");
    }
    return arithmetic.divide(arithmetic.falling(n, steps), arithmetic.falling(chosen, steps));
  }

  private T logarithm(Expression expression) {
    T value = arithmetic.apply(Function.LN, evaluate(expression.part(0)));
    if (expression.arity() == 1 && !commonLogarithm) {
      return value;
    }
    T base =
        expression.arity() == 1 ? arithmetic.number(Rational.of(10)) : evaluate(expression.part(1));
    return arithmetic.divide(value, arithmetic.apply(Function.LN, base));
  }

  private T extreme(Expression expression, boolean least) {
    T best = null;
    for (int i = 0; i < expression.arity(); i++) {
      T value = evaluate(expression.part(i));
      T signed = least ? arithmetic.negate(value) : value;
      best = best == null ? signed : arithmetic.maximum(best, signed);
    }
    return least ? arithmetic.negate(best) : best;
  }

  private T divisor(Expression expression) {
    BigInteger result = wholeNumber(expression.part(0)).abs();
    for (int i = 1; i < expression.arity(); i++) {
      BigInteger next = wholeNumber(expression.part(i)).abs();
      BigInteger common = rationals.greatestCommonDivisor(result, next);
      if (expression.kind() == Expression.Kind.GREATEST_COMMON_DIVISOR || common.signum() == 0) {
        result = common;
      } else {
        Rational rest = Rational.of(result.divide(common));
        result = rationals.multiply(rest, Rational.of(next)).numerator();
      }
    }
    return arithmetic.number(Rational.of(result));
  }

  /** Whether the bounds are values of a point, rather than fixed or of an outer index. */
  private boolean isDrawn(Expression from, Expression to) {
    budget.spend(from.nodes() + to.nodes());
    Set<String> names = from.variables();
    names.addAll(to.variables());
    return !names.isEmpty() && indices.stream().noneMatch(index -> names.contains(index.name()));
  }

  private T over(Expression expression) {
    BigInteger from = wholeNumber(expression.part(0));
    BigInteger to = wholeNumber(expression.part(1));
    boolean sum = expression.kind() == Expression.Kind.SUM_OVER;
    BigInteger terms = to.subtract(from).add(BigInteger.ONE);
    Budget.check(terms.compareTo(BigInteger.valueOf(Budget.TERMS)) <= 0, "terms");
    if (terms.signum() < 0 && isDrawn(expression.part(0), expression.part(1))) {
      throw new NoValue("an upper bound below the lower one");
    }
    if (terms.signum() <= 0) {
      return arithmetic.number(sum ? Rational.ZERO : Rational.ONE);
    }
    Balanced<T> result = new Balanced<>(sum ? arithmetic::add : arithmetic::multiply);
    for (BigInteger i = from; i.compareTo(to) <= 0; i = i.add(BigInteger.ONE)) {
      budget.spend(TERM);
      indices.push(new Index(expression.name(), Rational.of(i)));
      try {
        result.add(evaluate(expression.part(2)));
      } finally {
        indices.pop();
      }
    }
    return result.result();
  }
}

package io.capoflow.verifiers.expression;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A node of an expression tree. Immutable.
 *
 * <p>What the parts mean depends on the kind: the terms of a {@code SUM}, base and exponent of a
 * {@code POWER}, radicand and index of a {@code ROOT}, argument (and base) of a {@code LOGARITHM};
 * lower bound, upper bound and body of a {@code SUM_OVER} or {@code PRODUCT_OVER}, whose name is
 * the running index. {@code RUNNING} is an unknown that depends on such an index (a_k, f(k)): one
 * variable for each value of its part.
 */
public final class Expression {
  private static final Expression[] NONE = {};

  /** What a node is. */
  public enum Kind {
    NUMBER,
    VARIABLE,
    RUNNING,
    PI,
    EULER,
    IMAGINARY,
    INFINITY,
    SUM,
    PRODUCT,
    QUOTIENT,
    NEGATION,
    POWER,
    ROOT,
    FACTORIAL,
    BINOMIAL,
    LOGARITHM,
    FUNCTION,
    MAXIMUM,
    MINIMUM,
    GREATEST_COMMON_DIVISOR,
    LEAST_COMMON_MULTIPLE,
    SUM_OVER,
    PRODUCT_OVER
  }

  public static final Expression PI = new Expression(Kind.PI, "", null, null, NONE);
  public static final Expression EULER = new Expression(Kind.EULER, "", null, null, NONE);
  public static final Expression IMAGINARY = new Expression(Kind.IMAGINARY, "", null, null, NONE);
  public static final Expression INFINITY = new Expression(Kind.INFINITY, "", null, null, NONE);

  private final Kind kind;
  private final String name;
  private final Rational value;
  private final Function function;
  private final Expression[] parts;
  private final int nodes;
  private final int depth;

  private Expression(
      Kind kind, String name, Rational value, Function function, Expression[] parts) {
    this.kind = kind;
    this.name = name;
    this.value = value;
    this.function = function;
    this.parts = parts;
    int size = 1;
    int deepest = 0;
    for (Expression part : parts) {
      size += part.nodes;
      deepest = Math.max(deepest, part.depth);
    }
    nodes = size;
    depth = deepest + 1;
    // A chain of n factors is as deep as n brackets would be: the stack is what is bounded here.
    Budget.check(nodes <= Budget.NODES, "nodes");
    Budget.check(depth <= 4 * Budget.DEPTH, "depth");
  }

  public static Expression number(Rational value) {
    return new Expression(Kind.NUMBER, "", requireNonNull(value, "value"), null, NONE);
  }

  public static Expression number(long value) {
    return number(Rational.of(value));
  }

  public static Expression variable(String name) {
    return new Expression(Kind.VARIABLE, requireNonNull(name, "name"), null, null, NONE);
  }

  /**
   * An unknown for each value of a part.
   *
   * @param name what its name begins with: {@code a_}, {@code f(}
   */
  public static Expression running(String name, Expression part) {
    return new Expression(
        Kind.RUNNING, requireNonNull(name, "name"), null, null, new Expression[] {part});
  }

  public static Expression of(Kind kind, Expression... parts) {
    return new Expression(kind, "", null, null, parts.clone());
  }

  public static Expression apply(Function function, Expression argument) {
    return new Expression(
        Kind.FUNCTION, "", null, requireNonNull(function, "function"), new Expression[] {argument});
  }

  /** A sum or product whose index runs through whole numbers. */
  public static Expression over(
      Kind kind, String index, Expression from, Expression to, Expression body) {
    return new Expression(kind, index, null, null, new Expression[] {from, to, body});
  }

  public static Expression minus(Expression left, Expression right) {
    return of(Kind.SUM, left, of(Kind.NEGATION, right));
  }

  public Kind kind() {
    return kind;
  }

  /** Of a variable, of the index that runs, or the beginning of those of a {@code RUNNING}. */
  public String name() {
    return name;
  }

  /** Of a {@code NUMBER} alone. */
  public Rational value() {
    return requireNonNull(value, "only a number has a value");
  }

  /** Of a {@code FUNCTION} alone. */
  public Function function() {
    return requireNonNull(function, "only an application has a function");
  }

  public int arity() {
    return parts.length;
  }

  public Expression part(int index) {
    return parts[index];
  }

  int nodes() {
    return nodes;
  }

  int depth() {
    return depth;
  }

  /** Whether both are the same tree, whatever their running indices are called. */
  boolean isSameAs(Expression other) {
    return isSameAs(other, new ArrayList<>(), new ArrayList<>());
  }

  private boolean isSameAs(Expression other, List<String> indices, List<String> otherIndices) {
    boolean alike =
        kind == other.kind
            && function == other.function
            && nodes == other.nodes
            && parts.length == other.parts.length
            && Objects.equals(value, other.value);
    if (!alike) {
      return false;
    }
    if (kind == Kind.VARIABLE) {
      int index = indices.lastIndexOf(name);
      return index == otherIndices.lastIndexOf(other.name)
          && (index >= 0 || name.equals(other.name));
    }
    if (kind == Kind.RUNNING && !name.equals(other.name)) {
      return false;
    }
    boolean over = isOver();
    for (int i = 0; i < parts.length; i++) {
      boolean body = over && i == 2;
      if (body) {
        indices.add(name);
        otherIndices.add(other.name);
      }
      if (!parts[i].isSameAs(other.parts[i], indices, otherIndices)) {
        return false; // and the comparison ends: what is left in the lists is not read again
      }
      if (body) {
        indices.remove(indices.size() - 1);
        otherIndices.remove(otherIndices.size() - 1);
      }
    }
    return true;
  }

  /** The names of its free variables. */
  public SortedSet<String> variables() {
    SortedSet<String> names = new TreeSet<>();
    collect(names);
    return names;
  }

  private void collect(SortedSet<String> names) {
    if (kind == Kind.VARIABLE) {
      names.add(name);
      return;
    }
    if (kind == Kind.RUNNING) {
      names.add(name);
    }
    if (isOver()) {
      SortedSet<String> body = parts[2].variables();
      body.remove(name);
      names.addAll(body);
      parts[0].collect(names);
      parts[1].collect(names);
      return;
    }
    for (Expression part : parts) {
      part.collect(names);
    }
  }

  /**
   * The names of its free variables that stand where a whole number has to: in a bound, in the
   * argument of a factorial, binomial, common divisor or multiple, in the index of a root or
   * letter.
   *
   * @param exponents whether also in an exponent, unless its base is positive whatever the
   *     variables are
   */
  Set<String> wholeVariables(boolean exponents) {
    SortedSet<String> names = new TreeSet<>();
    collectWhole(names, exponents);
    return names;
  }

  private void collectWhole(SortedSet<String> names, boolean exponents) {
    for (int i = 0; i < parts.length; i++) {
      if (isWhole(i, exponents)) {
        parts[i].collect(names);
      } else if (isOver()) {
        Set<String> body = parts[i].wholeVariables(exponents);
        body.remove(name);
        names.addAll(body);
      } else {
        parts[i].collectWhole(names, exponents);
      }
    }
  }

  private boolean isWhole(int part, boolean exponents) {
    return switch (kind) {
      case FACTORIAL, BINOMIAL, GREATEST_COMMON_DIVISOR, LEAST_COMMON_MULTIPLE -> true;
      case RUNNING -> name.endsWith("_");
      case SUM_OVER, PRODUCT_OVER -> part < 2;
      case ROOT -> part == 1;
      case POWER -> part == 1 && exponents && !parts[0].isPositiveNumber();
      default -> false;
    };
  }

  private boolean isPositiveNumber() {
    return kind == Kind.EULER || kind == Kind.PI || (kind == Kind.NUMBER && value.signum() > 0);
  }

  private boolean isOver() {
    return kind == Kind.SUM_OVER || kind == Kind.PRODUCT_OVER;
  }

  public boolean isClosed() {
    return !mentions(Kind.VARIABLE) || variables().isEmpty();
  }

  public boolean mentions(Kind wanted) {
    if (kind == wanted) {
      return true;
    }
    for (Expression part : parts) {
      if (part.mentions(wanted)) {
        return true;
      }
    }
    return false;
  }

  /** Whether it takes a logarithm whose base it does not say. */
  public boolean hasOpenLogarithm() {
    if (kind == Kind.LOGARITHM && parts.length == 1) {
      return true;
    }
    for (Expression part : parts) {
      if (part.hasOpenLogarithm()) {
        return true;
      }
    }
    return false;
  }

  /** Whether it works on the parts of complex numbers. */
  boolean isComplex() {
    if (kind == Kind.IMAGINARY
        || function == Function.CONJUGATE
        || function == Function.REAL_PART
        || function == Function.IMAGINARY_PART) {
      return true;
    }
    for (Expression part : parts) {
      if (part.isComplex()) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return switch (kind) {
      case NUMBER ->
          value.isInteger()
              ? value.numerator().toString()
              : value.numerator() + "/" + value.denominator();
      case VARIABLE -> name;
      case FUNCTION -> function + Arrays.toString(parts);
      case RUNNING, SUM_OVER, PRODUCT_OVER -> kind + "(" + name + ")" + Arrays.toString(parts);
      default -> parts.length == 0 ? kind.toString() : kind + Arrays.toString(parts);
    };
  }
}

package io.capoflow.verifiers.expression;

import java.math.BigInteger;

/**
 * A number system that expressions are evaluated in. Every operation may throw {@link NoValue} or
 * {@link OutOfReach}, and spends fuel for what it costs beyond the visit of its node.
 *
 * @param <T> its numbers
 */
interface Arithmetic<T> {
  T number(Rational value);

  /** The point's value of a free variable. */
  T variable(String name);

  T pi();

  T euler();

  T imaginary();

  T add(T left, T right);

  T multiply(T left, T right);

  T divide(T dividend, T divisor);

  T negate(T value);

  /** Base to an integer power; {@code power(0, 0)} has no value. */
  T power(T base, BigInteger exponent);

  T power(T base, T exponent);

  /** The real root of a real number where the index is odd, else the principal root. */
  T root(T radicand, int index);

  /** The principal root where the system is complex, else the same as {@link #root}. */
  default T principalRoot(T radicand, int index) {
    return root(radicand, index);
  }

  T apply(Function function, T argument);

  /** The larger one, for systems with an order. */
  T maximum(T left, T right);

  /**
   * base · base · … of that many factors, by squaring.
   *
   * @param one what no factors make
   */
  default T repeated(T one, T base, int factors) {
    T result = one;
    T square = base;
    for (int rest = factors; rest > 0; rest >>= 1) {
      if ((rest & 1) == 1) {
        result = multiply(result, square);
      }
      square = rest > 1 ? multiply(square, square) : square;
    }
    return result;
  }

  /** from · (from - 1) · … of that many factors. */
  default T falling(BigInteger from, int factors) {
    if (factors <= 0) {
      return number(Rational.ONE);
    }
    Balanced<T> product = new Balanced<>(this::multiply);
    BigInteger factor = from;
    for (int i = 0; i < factors; i++) {
      product.add(number(Rational.of(factor)));
      factor = factor.subtract(BigInteger.ONE);
    }
    return product.result();
  }

  /** The largest n whose factorial this system computes. */
  int largestFactorial();
}

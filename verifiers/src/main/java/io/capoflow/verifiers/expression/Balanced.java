package io.capoflow.verifiers.expression;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;

/**
 * A long sum or product, put together in pairs of equal length: exact fractions stay small for
 * longer, and roundings add up to less. Not thread-safe.
 */
final class Balanced<T> {
  private final BinaryOperator<T> operation;
  private final List<T> parts = new ArrayList<>();
  private int count;

  /**
   * @param operation associative
   */
  Balanced(BinaryOperator<T> operation) {
    this.operation = operation;
  }

  void add(T value) {
    T whole = value;
    for (int left = count; (left & 1) == 1; left >>= 1) {
      whole = operation.apply(parts.remove(parts.size() - 1), whole);
    }
    parts.add(whole);
    count++;
  }

  /** Of at least one value. */
  T result() {
    T whole = parts.get(parts.size() - 1);
    for (int i = parts.size() - 2; i >= 0; i--) {
      whole = operation.apply(parts.get(i), whole);
    }
    return whole;
  }
}

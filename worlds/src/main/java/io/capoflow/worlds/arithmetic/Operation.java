package io.capoflow.worlds.arithmetic;

import static java.util.Objects.requireNonNull;

/** One operation of a problem: {@code Add 6} is written {@code +6}. */
record Operation(Operator operator, int operand) {
  Operation {
    requireNonNull(operator, "operator");
  }

  int apply(int value) {
    return operator.apply(value, operand);
  }

  /**
   * Reads {@code +6}.
   *
   * @throws IllegalArgumentException when it is anything else
   */
  static Operation parse(String text) {
    if (text.length() < 2) {
      throw new IllegalArgumentException("no operation: " + text);
    }
    return new Operation(Operator.ofSign(text.charAt(0)), Integer.parseInt(text.substring(1)));
  }

  @Override
  public String toString() {
    return operator.sign() + Integer.toString(operand);
  }
}

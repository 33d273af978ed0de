package io.capoflow.worlds.arithmetic;

/** What can be done to a running value. */
enum Operator {
  PLUS('+', "Add ") {
    @Override
    int apply(int value, int operand) {
      return value + operand;
    }
  },
  MINUS('-', "Subtract ") {
    @Override
    int apply(int value, int operand) {
      return value - operand;
    }
  };

  private final char sign;
  private final String verb;

  Operator(char sign, String verb) {
    this.sign = sign;
    this.verb = verb;
  }

  abstract int apply(int value, int operand);

  /** As solutions write it. */
  char sign() {
    return sign;
  }

  /** As problems write it, with the space that follows. */
  String verb() {
    return verb;
  }

  static Operator ofSign(char sign) {
    for (Operator operator : values()) {
      if (operator.sign == sign) {
        return operator;
      }
    }
    throw new IllegalArgumentException("no operator is written " + sign);
  }
}

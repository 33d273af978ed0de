package io.capoflow.worlds.arithmetic;

import io.capoflow.schemas.Draws;
import io.capoflow.schemas.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Generates running sums: a start of 2 to 99, four to six additions and subtractions of 2 to 9, and
 * every value on the way in 0 to 99. A problem is a pure function of (seed, split, index), so a set
 * of n problems is the beginning of any larger one. Thread-safe.
 */
public final class ArithmeticWorld {
  /** {@link Problem#getSource} of these problems. */
  public static final String SOURCE = ArithmeticProblem.SOURCE;

  private static final int MIN_START = 2;
  private static final int MAX_VALUE = 99;
  private static final int MIN_OPERATIONS = 4;
  private static final int MAX_OPERATIONS = 6;
  private static final int MIN_OPERAND = 2;
  private static final int MAX_OPERAND = 9;

  private final long seed;

  public ArithmeticWorld(long seed) {
    this.seed = seed;
  }

  /** The first problems of a split, in order. */
  public List<Problem> problems(ArithmeticSplit split, int count) {
    return IntStream.range(0, count).mapToObj(index -> problem(split, index)).toList();
  }

  /** One problem, named like {@code heldout-000007}. */
  public Problem problem(ArithmeticSplit split, int index) {
    return content(split, index)
        .toProblem(String.format(Locale.ROOT, "%s-%06d", split.label(), index));
  }

  /** One problem, without a name. */
  ArithmeticProblem content(ArithmeticSplit split, int index) {
    for (int attempt = 0; ; attempt++) {
      long key = Draws.key("arithmetic-problem", seed, split.label(), index, attempt);
      ArithmeticProblem problem = draw(key);
      if (ArithmeticSplit.of(problem) == split) {
        return problem;
      }
    }
  }

  private static ArithmeticProblem draw(long key) {
    int start = between(key, 0, MIN_START, MAX_VALUE);
    int count = between(key, 1, MIN_OPERATIONS, MAX_OPERATIONS);
    List<Operation> operations = new ArrayList<>();
    int value = start;
    for (int i = 0; i < count; i++) {
      Operator wanted = Draws.integer(key, 2 + 2L * i, 2) == 0 ? Operator.PLUS : Operator.MINUS;
      // The range is wide enough that one of the two always has room.
      Operator operator = room(wanted, value) >= MIN_OPERAND ? wanted : other(wanted);
      int most = Math.min(MAX_OPERAND, room(operator, value));
      Operation operation = new Operation(operator, between(key, 3 + 2L * i, MIN_OPERAND, most));
      operations.add(operation);
      value = operation.apply(value);
    }
    return new ArithmeticProblem(start, operations);
  }

  /** The largest operand that keeps the value in range. */
  private static int room(Operator operator, int value) {
    return switch (operator) {
      case PLUS -> MAX_VALUE - value;
      case MINUS -> value;
    };
  }

  private static Operator other(Operator operator) {
    return switch (operator) {
      case PLUS -> Operator.MINUS;
      case MINUS -> Operator.PLUS;
    };
  }

  private static int between(long key, long position, int least, int most) {
    return least + Draws.integer(key, position, most - least + 1);
  }
}

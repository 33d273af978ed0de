package io.capoflow.worlds.arithmetic;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A teacher with misconceptions: for some pairs of units digits it holds a fixed wrong fact (off by
 * one or two, or a forgotten carry or borrow) and states it more often than not, and now and then
 * it slips. A model that learns from it computes wrongly even when it decodes greedily, and knows
 * the right way as well: something for reinforcement learning to bring out. Thread-safe.
 */
final class SloppyTeacher {
  /** Share of facts that are misconceived. */
  private static final double MISCONCEIVED = 0.45;

  /** How often a misconception shows. */
  private static final double LEAST_BELIEF = 0.3;

  private static final double MOST_BELIEF = 0.65;

  /** Share of misconceptions about a carry or borrow that forget it. */
  private static final double FORGETS_CARRY = 0.6;

  private static final List<Integer> SMALL_OFFSETS = List.of(-2, -1, 1, 2);
  private static final List<Integer> SLIPS = List.of(-10, -2, -1, 1, 2, 10);

  /** A wrong fact: what is added to the right result, and how often. */
  private record Misconception(int offset, double belief) {}

  private final Map<String, Misconception> misconceptions;

  SloppyTeacher(long seed) {
    TreeMap<String, Misconception> table = new TreeMap<>();
    for (Operator operator : Operator.values()) {
      for (int left = 0; left < 10; left++) {
        for (int right = 0; right < 10; right++) {
          Dice dice = new Dice("sloppy-fact", seed, operator.name(), left, right);
          if (dice.chance(MISCONCEIVED)) {
            table.put(
                fact(operator, left, right),
                new Misconception(
                    offset(operator, left, right, dice), dice.uniform(LEAST_BELIEF, MOST_BELIEF)));
          }
        }
      }
    }
    this.misconceptions = Map.copyOf(table);
  }

  /**
   * How careless the teacher is.
   *
   * @param belief scales how often misconceptions show
   * @param slips share of steps with a random slip
   */
  record Mood(double belief, double slips) {
    /** The policy's warm start. */
    static final Mood USUAL = new Mood(1, 0.02);
  }

  /** What the teacher states for one operation; never negative. */
  int state(int from, Operation operation, Mood mood, Dice dice) {
    int right = operation.apply(from);
    Misconception wrong =
        misconceptions.get(
            fact(operation.operator(), Math.abs(from) % 10, operation.operand() % 10));
    int stated = right;
    if (wrong != null && dice.chance(wrong.belief() * mood.belief())) {
      stated = right + wrong.offset();
    } else if (dice.chance(mood.slips())) {
      stated = right + dice.oneOf(SLIPS);
    }
    return Math.max(0, stated);
  }

  /** A whole response: every operation copied rightly, computed sloppily, the last result boxed. */
  String solve(ArithmeticProblem problem, Mood mood, Dice dice) {
    List<String> steps = new ArrayList<>();
    int value = problem.start();
    for (Operation operation : problem.operations()) {
      int stated = state(value, operation, mood, dice);
      steps.add(ArithmeticSteps.line(steps.size(), value, operation, stated));
      value = stated;
    }
    steps.add(ArithmeticSteps.box(value));
    return String.join(ArithmeticSteps.SEPARATOR, steps);
  }

  private static int offset(Operator operator, int left, int right, Dice dice) {
    boolean carries =
        switch (operator) {
          case PLUS -> left + right > 9;
          case MINUS -> left < right;
        };
    if (carries && dice.chance(FORGETS_CARRY)) {
      return switch (operator) {
        case PLUS -> -10;
        case MINUS -> 10;
      };
    }
    return dice.oneOf(SMALL_OFFSETS);
  }

  private static String fact(Operator operator, int left, int right) {
    return operator.sign() + "" + left + right;
  }
}

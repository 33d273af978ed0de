package io.capoflow.worlds.arithmetic;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/**
 * Solutions with about a third of their steps wrong, for a critic to learn on: the teacher's wrong
 * results in various moods, and what a policy may drift to under reinforcement learning: wrong
 * copies, wrong numbers, wrong boxes, steps skipped, repeated or out of place, garbled or cut text,
 * tags and judgments of its own. Thread-safe.
 */
final class SpoiledSolutions {
  private static final List<Double> BELIEFS = List.of(0.3, 0.6, 0.8, 1.0, 1.5);
  private static final List<Double> SLIPS = List.of(0.02, 0.04, 0.1);
  private static final List<Integer> NUDGES = List.of(-10, -2, -1, 1, 2, 10);

  private static final double MISCOPIES = 0.3;
  private static final double MISCOPY = 0.12;
  private static final double MISNUMBERS = 0.12;
  private static final double WRONG_BOX = 0.2;
  private static final double MISPLACES = 0.1;
  private static final double GARBLES = 0.1;
  private static final double CUTS = 0.03;

  /** Digits weigh most: a garbled step should often still read as one. */
  private static final List<String> GARBAGE =
      Stream.concat(
              Collections.nCopies(6, ArithmeticVocabulary.tokens().subList(4, 17)).stream()
                  .flatMap(List::stream),
              ArithmeticVocabulary.tokens().stream().skip(4).filter(token -> !token.contains("\n")))
          .toList();

  private final SloppyTeacher teacher;

  SpoiledSolutions(SloppyTeacher teacher) {
    this.teacher = teacher;
  }

  /** A whole response. */
  String response(ArithmeticProblem problem, Dice dice) {
    List<String> steps = new ArrayList<>();
    int last = work(problem, dice, steps);
    int boxed =
        dice.chance(WRONG_BOX)
            ? (dice.chance(0.3) ? problem.answer() : Math.max(0, last + dice.oneOf(NUDGES)))
            : last;
    steps.add(ArithmeticSteps.box(boxed));
    if (dice.chance(MISPLACES)) {
      misplace(steps, dice);
    }
    if (dice.chance(GARBLES)) {
      int victim = dice.below(steps.size());
      steps.set(victim, garble(steps.get(victim), dice));
    }
    String response = String.join(ArithmeticSteps.SEPARATOR, steps);
    if (!dice.chance(CUTS)) {
      return response;
    }
    List<String> tokens = ArithmeticVocabulary.pieces(response);
    return String.join("", tokens.subList(0, 1 + dice.below(tokens.size())));
  }

  /** Adds the steps of work; returns the last stated result. */
  private int work(ArithmeticProblem problem, Dice dice, List<String> steps) {
    SloppyTeacher.Mood mood = new SloppyTeacher.Mood(dice.oneOf(BELIEFS), dice.oneOf(SLIPS));
    boolean miscopies = dice.chance(MISCOPIES);
    boolean misnumbers = dice.chance(MISNUMBERS);
    int value = problem.start();
    int number = 0;
    for (Operation asked : problem.operations()) {
      int from = value;
      Operation operation = asked;
      if (miscopies && dice.chance(MISCOPY)) {
        switch (dice.below(3)) {
          case 0 -> from = Math.max(0, from + dice.oneOf(NUDGES));
          case 1 ->
              operation =
                  new Operation(
                      asked.operator(), Math.max(2, asked.operand() + dice.oneOf(NUDGES)));
          default ->
              operation = new Operation(dice.oneOf(List.of(Operator.values())), asked.operand());
        }
      }
      if (misnumbers && dice.chance(0.3)) {
        number = Math.max(0, number + dice.oneOf(List.of(-1, 1, 2)));
      }
      int stated = teacher.state(from, operation, mood, dice);
      steps.add(ArithmeticSteps.line(number, from, operation, stated));
      value = stated;
      number++;
    }
    return value;
  }

  private static void misplace(List<String> steps, Dice dice) {
    int at = dice.below(steps.size());
    switch (dice.below(4)) {
      case 0 -> steps.remove(at); // a step skipped, or no answer given
      case 1 -> steps.add(at, steps.get(at)); // a step twice
      case 2 -> steps.add(at, steps.get(steps.size() - 1)); // the answer before its time
      default -> {
        String other = steps.get(dice.below(steps.size()));
        steps.add(other); // work after the answer
      }
    }
  }

  /** Replaces, drops or inserts tokens; never leaves the step blank or divides it. */
  private static String garble(String step, Dice dice) {
    List<String> tokens = new ArrayList<>(ArithmeticVocabulary.pieces(step));
    int changes = 1 + dice.below(3);
    for (int i = 0; i < changes; i++) {
      int at = dice.below(tokens.size());
      switch (dice.below(3)) {
        case 0 -> tokens.add(at, dice.oneOf(GARBAGE));
        case 1 -> tokens.set(at, dice.oneOf(GARBAGE));
        default -> {
          if (tokens.size() > 1) {
            tokens.remove(at);
          }
        }
      }
    }
    return String.join("", tokens);
  }
}

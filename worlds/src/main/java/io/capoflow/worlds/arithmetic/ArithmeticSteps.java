package io.capoflow.worlds.arithmetic;

import io.capoflow.schemas.Problem;
import io.capoflow.worlds.truth.SolutionTruth;
import io.capoflow.worlds.truth.StepOracle;
import io.capoflow.worlds.truth.StepTruth;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The ground truth of arithmetic steps.
 *
 * <p>Step i, {@code 2. 80+9=89}, is right when it starts from the result that the step before
 * states (the problem's start, for step 0), applies the problem's i-th operation, and states its
 * result; its number, reported apart, must be i + 1. The boxed answer is right when it stands after
 * exactly as many steps as the problem asks for and holds the last stated result: an answer given
 * early, late or twice is wrong. A step that reads as neither is wrong, and what the next one
 * starts from is then taken on trust.
 */
public final class ArithmeticSteps implements StepOracle {
  /** Between steps. */
  static final String SEPARATOR = "\n\n";

  private static final Pattern WORK =
      Pattern.compile("(\\d{1,6})\\. (-?\\d{1,6})([+-])(\\d{1,6})=(-?\\d{1,6})");
  private static final Pattern BOX = Pattern.compile("\\\\boxed\\{(-?\\d{1,6})\\}");

  /** Made by {@link java.util.ServiceLoader}. */
  public ArithmeticSteps() {}

  @Override
  public String source() {
    return ArithmeticWorld.SOURCE;
  }

  @Override
  public Optional<SolutionTruth> judge(Problem problem, List<String> steps) {
    return ArithmeticProblem.of(problem).map(own -> judge(own, steps));
  }

  static SolutionTruth judge(ArithmeticProblem problem, List<String> steps) {
    int asked = problem.operations().size();
    List<StepTruth> truths = new ArrayList<>();
    OptionalInt before = OptionalInt.of(problem.start());
    boolean answered = false;
    for (int i = 0; i < steps.size(); i++) {
      Reading step = read(steps.get(i));
      if (step instanceof Work work) {
        boolean right =
            !answered
                && i < asked
                && work.operation().equals(problem.operations().get(i))
                && before.orElse(work.from()) == work.from()
                && work.operation().apply(work.from()) == work.result();
        truths.add(new StepTruth(StepTruth.Kind.WORK, right, work.number() == i + 1));
        before = OptionalInt.of(work.result());
      } else if (step instanceof Box box) {
        boolean right = !answered && i == asked && before.orElse(box.value()) == box.value();
        truths.add(new StepTruth(StepTruth.Kind.ANSWER, right, true));
        answered = true;
      } else {
        truths.add(new StepTruth(StepTruth.Kind.UNREADABLE, false, true));
        before = OptionalInt.empty();
      }
    }
    return new SolutionTruth(truths, asked);
  }

  /** {@code 2. 80+9=89} for index 1. */
  static String line(int index, int from, Operation operation, int result) {
    return (index + 1) + ". " + from + operation + "=" + result;
  }

  /** {@code \boxed{89}}. */
  static String box(int value) {
    return "\\boxed{" + value + "}";
  }

  /** What a step's text says. */
  sealed interface Reading {}

  /** {@code number. from operation = result}. */
  record Work(int number, int from, Operation operation, int result) implements Reading {}

  /** The boxed answer. */
  record Box(int value) implements Reading {}

  /** Anything else. */
  record Unreadable() implements Reading {}

  static Reading read(String step) {
    String text = step.strip();
    Matcher work = WORK.matcher(text);
    if (work.matches()) {
      Operation operation =
          new Operation(Operator.ofSign(work.group(3).charAt(0)), Integer.parseInt(work.group(4)));
      return new Work(
          Integer.parseInt(work.group(1)),
          Integer.parseInt(work.group(2)),
          operation,
          Integer.parseInt(work.group(5)));
    }
    Matcher box = BOX.matcher(text);
    return box.matches() ? new Box(Integer.parseInt(box.group(1))) : new Unreadable();
  }
}

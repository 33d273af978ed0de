package io.capoflow.worlds.arithmetic;

import io.capoflow.models.critic.Escapes;
import io.capoflow.worlds.truth.SolutionTruth;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.stream.Collectors;

/**
 * How the tiny critic is asked and how it answers.
 *
 * <p>It reviews every step in a line of its own, {@code 1: 80+9=89, 88 wrong}: the value that the
 * step before states and the operation that the problem asks for are copied, the result is
 * recomputed, the claimed result is copied, and then comes the verdict, which only has to compare
 * two numbers that stand side by side. The answer, {@code 4: 89, 89 ok}, compares the last stated
 * result with the box. A step that cannot be read, or that has no place, is called wrong outright.
 */
final class ArithmeticTongue {
  static final String JUDGMENT = "Judgment";
  static final String QUESTION = ": Is the solution correct (Yes/No)? ";
  static final String LIST_OPENING = "<incorrect_steps>";
  static final String LIST_CLOSING = "</incorrect_steps>";
  static final String ESCAPED_BRACKET = "‹";
  static final String ESCAPED_JUDGMENT = "Judg·ment";

  private ArithmeticTongue() {}

  static String opening(int step) {
    return "<step_" + step + ">";
  }

  static String closing(int step) {
    return "</step_" + step + ">\n";
  }

  /**
   * The critic's prompt: question and tagged steps, no answer.
   *
   * @param question the problem's text
   * @param steps untrusted texts
   */
  static String prompt(String question, List<String> steps) {
    StringBuilder prompt = new StringBuilder("Problem: ").append(escape(question)).append('\n');
    prompt.append("Solution:\n");
    for (int i = 0; i < steps.size(); i++) {
      prompt.append(opening(i)).append(escape(steps.get(i))).append(closing(i));
    }
    return prompt.append("Critique:\n").toString();
  }

  /** No bracket that could open a tag and no word that could pass for a judgment is left. */
  static String escape(String untrusted) {
    return Escapes.disarm(
        untrusted.replace("<", ESCAPED_BRACKET).replace(JUDGMENT, ESCAPED_JUDGMENT));
  }

  /** The critique of a faultless critic: what the warm start teaches. */
  static String critique(ArithmeticProblem problem, List<String> steps) {
    SolutionTruth truth = ArithmeticSteps.judge(problem, steps);
    List<Operation> operations = problem.operations();
    StringBuilder text = new StringBuilder();
    OptionalInt before = OptionalInt.of(problem.start());
    boolean answered = false;
    for (int i = 0; i < steps.size(); i++) {
      ArithmeticSteps.Reading step = ArithmeticSteps.read(steps.get(i));
      String verdict = truth.steps().get(i).right() ? " ok\n" : " wrong\n";
      text.append(i).append(':');
      if (step instanceof ArithmeticSteps.Work work && !answered && i < operations.size()) {
        int from = before.orElse(work.from());
        Operation operation = operations.get(i);
        text.append(' ').append(from).append(operation).append('=').append(operation.apply(from));
        text.append(", ").append(work.result()).append(verdict);
      } else if (step instanceof ArithmeticSteps.Box box && !answered && i == operations.size()) {
        text.append(' ').append(before.orElse(box.value()));
        text.append(", ").append(box.value()).append(verdict);
      } else {
        text.append(verdict);
      }
      before = stated(step, before);
      answered |= step instanceof ArithmeticSteps.Box;
    }
    return text + ending(truth.wrongSteps());
  }

  /** What the next step starts from. */
  private static OptionalInt stated(ArithmeticSteps.Reading step, OptionalInt before) {
    if (step instanceof ArithmeticSteps.Work work) {
      return OptionalInt.of(work.result());
    }
    return step instanceof ArithmeticSteps.Box ? before : OptionalInt.empty();
  }

  private static String ending(SortedSet<Integer> wrong) {
    return JUDGMENT
        + QUESTION
        + (wrong.isEmpty() ? "Yes" : "No")
        + "\n"
        + LIST_OPENING
        + wrong.stream().map(Object::toString).collect(Collectors.joining(","))
        + LIST_CLOSING;
  }
}

package io.capoflow.worlds.arithmetic;

import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A running sum.
 *
 * @param start the first value
 * @param operations what is done to it, in order; at least one
 */
public record ArithmeticProblem(int start, List<Operation> operations) {
  static final String SOURCE = "arithmetic";
  private static final String START = "start";
  private static final String OPERATIONS = "operations";
  private static final Pattern START_FORM = Pattern.compile("-?[0-9]{1,6}");
  private static final Pattern OPERATIONS_FORM =
      Pattern.compile("[+-][0-9]{1,6}(,[+-][0-9]{1,6})*+");

  public ArithmeticProblem {
    operations = List.copyOf(operations);
    if (operations.isEmpty()) {
      throw new IllegalArgumentException("a running sum has operations");
    }
  }

  /** Reads what {@link #toProblem} wrote; empty where the metadata is not that. */
  public static Optional<ArithmeticProblem> of(Problem problem) {
    Map<String, String> metadata = problem.getMetadata();
    String start = metadata.getOrDefault(START, "");
    String operations = metadata.getOrDefault(OPERATIONS, "");
    if (!START_FORM.matcher(start).matches() || !OPERATIONS_FORM.matcher(operations).matches()) {
      return Optional.empty();
    }
    return Optional.of(
        new ArithmeticProblem(
            Integer.parseInt(start),
            Arrays.stream(operations.split(",", -1)).map(Operation::parse).toList()));
  }

  /** The record that flows; its solution is the worked, right one. */
  Problem toProblem(String problemId) {
    return Problem.newBuilder()
        .setProblemId(problemId)
        .setPrompt(List.of(new Message("user", text())))
        .setAnswer(Integer.toString(answer()))
        .setSolution(solution())
        .setSource(SOURCE)
        .setMetadata(
            Map.of(
                START,
                Integer.toString(start),
                OPERATIONS,
                operations.stream().map(Operation::toString).collect(Collectors.joining(","))))
        .build();
  }

  /** {@code Start at 74. Add 6. Subtract 9.} */
  public String text() {
    return operations.stream()
        .map(operation -> operation.operator().verb() + operation.operand() + ".")
        .collect(Collectors.joining(" ", "Start at " + start + ". ", ""));
  }

  /** The value after all operations. */
  public int answer() {
    return values().get(operations.size() - 1);
  }

  /** The right solution, every step right. */
  public String solution() {
    List<String> steps = new ArrayList<>();
    int value = start;
    for (Operation operation : operations) {
      int result = operation.apply(value);
      steps.add(ArithmeticSteps.line(steps.size(), value, operation, result));
      value = result;
    }
    steps.add(ArithmeticSteps.box(value));
    return String.join(ArithmeticSteps.SEPARATOR, steps);
  }

  /** True value after each operation. */
  List<Integer> values() {
    List<Integer> values = new ArrayList<>();
    int value = start;
    for (Operation operation : operations) {
      value = operation.apply(value);
      values.add(value);
    }
    return values;
  }
}

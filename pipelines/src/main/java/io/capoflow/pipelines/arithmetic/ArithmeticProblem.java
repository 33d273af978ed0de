package io.capoflow.pipelines.arithmetic;

import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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

  public ArithmeticProblem {
    operations = List.copyOf(operations);
    if (operations.isEmpty()) {
      throw new IllegalArgumentException("a running sum has operations");
    }
  }

  /**
   * Reads what {@link #toProblem} wrote.
   *
   * @throws IllegalArgumentException when the problem is of another source or lacks its metadata
   */
  public static ArithmeticProblem of(Problem problem) {
    Map<String, String> metadata = problem.getMetadata();
    if (!metadata.containsKey(START) || !metadata.containsKey(OPERATIONS)) {
      throw new IllegalArgumentException(
          "problem "
              + problem.getProblemId()
              + " lacks the metadata start and operations of an arithmetic problem");
    }
    return new ArithmeticProblem(
        Integer.parseInt(metadata.get(START)),
        Arrays.stream(metadata.get(OPERATIONS).split(",")).map(Operation::parse).toList());
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

package io.capoflow.runners.diff;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * Where two runs part.
 *
 * @param where in words: which stage or policy, and which row or tensor of it
 * @param field what differs in a row or tensor that both have
 */
public record Difference(String where, Optional<Field> field) {
  public Difference {
    requireNonNull(where, "where");
    requireNonNull(field, "field");
  }

  /**
   * A value that differs.
   *
   * @param path {@code advantages[17]}, {@code problem.answer}
   * @param first as the first run has it
   * @param second as the second run has it
   */
  public record Field(String path, String first, String second) {
    public Field {
      requireNonNull(path, "path");
      requireNonNull(first, "first");
      requireNonNull(second, "second");
    }
  }

  static Difference at(String where) {
    return new Difference(where, Optional.empty());
  }
}

package io.capoflow.verifiers.reading;

/** What a comma between digits is. */
public enum Commas {
  /** {@code 1,234} is one number. */
  THOUSANDS,
  /** {@code 1,234} are two numbers, as a gold answer that is a list has it. */
  LIST,
  /** {@code 3,5} is three and a half. */
  DECIMAL
}

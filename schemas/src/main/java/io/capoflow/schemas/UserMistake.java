package io.capoflow.schemas;

/**
 * Something the user can mend: bad input, a bad setting, a missing file. Its message is one line
 * that says what is wrong, where (file, line, field, value) and what to do; the command line prints
 * it without a stack trace and exits with 2.
 */
public final class UserMistake extends RuntimeException {
  public UserMistake(String message) {
    super(message);
  }

  public UserMistake(String message, Throwable cause) {
    super(message, cause);
  }
}

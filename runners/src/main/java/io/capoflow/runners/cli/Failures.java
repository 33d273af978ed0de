package io.capoflow.runners.cli;

import io.capoflow.runners.logging.Logs;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.UserMistake;
import java.io.PrintStream;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.slf4j.LoggerFactory;

/** Says what went wrong: a line for a mistake, and where the log is for a fault of ours. */
final class Failures {
  private static final int FAULT = 1;
  private static final int MISTAKE = 2;

  private final PrintStream errors;

  Failures(PrintStream errors) {
    this.errors = errors;
  }

  /** Says it and gives the exit status. A mistake may be wrapped by the engine that met it. */
  int report(Throwable failure) {
    return UserMistake.in(failure)
        .map(mistake -> mistake(mistake.getMessage()))
        .orElseGet(() -> fault(failure));
  }

  int mistake(String message) {
    errors.println("capoflow: " + Terminal.safe(message));
    return MISTAKE;
  }

  private int fault(Throwable failure) {
    LoggerFactory.getLogger(Failures.class).error("the command failed", failure);
    errors.println("capoflow: internal fault: " + line(failure));
    Throwable root = root(failure);
    if (root != failure) {
      errors.println("capoflow: caused by: " + line(root));
    }
    errors.println("capoflow: details in " + Terminal.safe(Logs.file().toString()));
    return FAULT;
  }

  private static String line(Throwable failure) {
    String message = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    return failure.getClass().getSimpleName() + ": " + Terminal.safe(message);
  }

  private static Throwable root(Throwable failure) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Throwable root = failure;
    while (root.getCause() != null && seen.add(root)) {
      root = root.getCause();
    }
    return root;
  }
}

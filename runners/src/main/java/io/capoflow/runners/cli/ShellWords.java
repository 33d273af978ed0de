package io.capoflow.runners.cli;

import java.util.List;
import java.util.stream.Collectors;

/** Arguments as a shell reads them. */
final class ShellWords {
  private ShellWords() {}

  /** One line that a shell splits into these arguments again. */
  static String join(List<String> arguments) {
    return arguments.stream().map(ShellWords::quote).collect(Collectors.joining(" "));
  }

  private static String quote(String argument) {
    return argument.matches("[A-Za-z0-9_./:=,@%+-]+")
        ? argument
        : "'" + argument.replace("'", "'\\''") + "'";
  }
}

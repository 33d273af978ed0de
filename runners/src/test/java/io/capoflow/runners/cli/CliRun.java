package io.capoflow.runners.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.capoflow.runners.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;

/** A command run inside the test's process, and what came of it. */
record CliRun(int status, String out, String errors) {
  static CliRun of(Object... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    CapoflowCli cli =
        new CapoflowCli(
            Terminal.plain(new PrintStream(out, true, UTF_8)),
            new PrintStream(errors, true, UTF_8));
    int status = cli.run(List.of(arguments).stream().map(Object::toString).toArray(String[]::new));
    return new CliRun(status, out.toString(UTF_8), errors.toString(UTF_8));
  }

  List<String> lines() {
    return out.lines().toList();
  }
}

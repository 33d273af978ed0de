package io.capoflow.runners;

import io.capoflow.runners.cli.CapoflowCli;
import io.capoflow.runners.logging.Logs;
import io.capoflow.runners.terminal.Terminal;
import java.io.FileDescriptor;
import java.nio.file.Path;

/** The program. Exit status: 0 done, 1 a fault of ours, 2 something the user can mend. */
public final class Main {
  private Main() {}

  /** Runs one command and exits with its status. */
  public static void main(String[] arguments) {
    Logs.startIn(Logs.defaultFile(System.getenv(), Path.of(System.getProperty("user.home"))));
    CapoflowCli cli = new CapoflowCli(Terminal.standardOutput(), Terminal.utf8(FileDescriptor.err));
    System.exit(cli.run(arguments));
  }
}

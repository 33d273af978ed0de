package io.capoflow.runners;

import io.capoflow.runners.cli.CapoflowCli;
import io.capoflow.runners.engine.FlinkRun;
import io.capoflow.runners.logging.Logs;
import io.capoflow.runners.terminal.Terminal;
import java.io.FileDescriptor;
import java.nio.file.Path;

/**
 * The program. Exit status: 0 done, 1 a fault of ours, 2 something the user can mend. As a guest in
 * a JobManager it ends no process: there another status than 0 is thrown.
 */
public final class Main {
  private Main() {}

  /** Runs one command and exits with its status. */
  public static void main(String[] arguments) {
    Logs.startIn(Logs.defaultFile(System.getenv(), Path.of(System.getProperty("user.home"))));
    CapoflowCli cli = new CapoflowCli(Terminal.standardOutput(), Terminal.utf8(FileDescriptor.err));
    boolean guest = FlinkRun.isGuest();
    int status = cli.run(arguments);
    if (!guest) {
      System.exit(status);
    }
    if (status != 0) {
      throw new IllegalStateException("capoflow ended with status " + status);
    }
  }
}

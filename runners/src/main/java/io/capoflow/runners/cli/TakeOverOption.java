package io.capoflow.runners.cli;

import picocli.CommandLine.Option;

/** {@code --take-over}, for every command that drives a directory. */
final class TakeOverOption {
  @Option(
      names = "--take-over",
      description =
          "Takes a directory on HDFS or S3 from another driver at once, which then writes nothing"
              + " there any more. Without it a driver that is dead is waited for, half a minute.")
  private boolean asked;

  boolean asked() {
    return asked;
  }
}

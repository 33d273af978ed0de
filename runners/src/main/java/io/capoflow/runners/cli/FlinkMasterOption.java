package io.capoflow.runners.cli;

import java.util.Optional;
import picocli.CommandLine.Option;

/** {@code --flink-master}, for every command that runs a dataflow. */
final class FlinkMasterOption {
  static final String FLAG = "--flink-master";

  @Option(
      names = FLAG,
      paramLabel = "HOST:PORT",
      description =
          "REST endpoint of a Flink cluster to submit to (default: a Flink inside this process).")
  private Optional<String> master = Optional.empty();

  Optional<String> master() {
    return master;
  }
}

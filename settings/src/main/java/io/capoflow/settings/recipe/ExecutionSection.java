package io.capoflow.settings.recipe;

import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;
import java.util.Optional;
import java.util.regex.Pattern;

/** Where the dataflow runs. */
public record ExecutionSection(
    @Key(doc = "Engine of the dataflow", defaults = "flink", kind = KeyKind.EXECUTION)
        Runner runner,
    @Key(
            doc = "Slots that work at the same time",
            defaults = "2",
            range = "[1, )",
            kind = KeyKind.EXECUTION)
        int parallelism,
    @Key(
            doc =
                "Flink cluster that the dataflow is submitted to, as `HOST:PORT` of its REST"
                    + " endpoint; without it a Flink inside the process runs it",
            kind = KeyKind.EXECUTION)
        Optional<String> flinkMaster,
    @Key(
            doc =
                "Seconds that a cluster which does not answer is waited for before the command"
                    + " ends; it can be run again",
            defaults = "300",
            range = "[1, )",
            kind = KeyKind.EXECUTION)
        int flinkPatience) {
  private static final Pattern MASTER =
      Pattern.compile("(?:[\\w.-]+|\\[[0-9a-fA-F:.]+])(?::\\d{1,5})?");

  public ExecutionSection {
    flinkMaster.ifPresent(master -> check(master, runner));
  }

  private static void check(String master, Runner runner) {
    if (!MASTER.matcher(master).matches()) {
      throw new InvalidSetting(
          "flink_master",
          "expects HOST:PORT of a Flink cluster's REST endpoint, such as localhost:8081, found "
              + master);
    }
    if (runner != Runner.FLINK) {
      throw new InvalidSetting(
          "flink_master",
          "is a Flink cluster, and runner is another engine; leave one of them out");
    }
  }

  /** Which engine runs the dataflow. */
  public enum Runner {
    FLINK,
    DIRECT
  }
}

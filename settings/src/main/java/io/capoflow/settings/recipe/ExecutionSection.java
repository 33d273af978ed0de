package io.capoflow.settings.recipe;

import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;

/** Where the dataflow runs. */
public record ExecutionSection(
    @Key(doc = "Engine of the dataflow", defaults = "flink", kind = KeyKind.EXECUTION)
        Runner runner,
    @Key(
            doc = "Slots that work at the same time",
            defaults = "2",
            range = "[1, )",
            kind = KeyKind.EXECUTION)
        int parallelism) {
  /** Which engine runs the dataflow. */
  public enum Runner {
    FLINK,
    DIRECT
  }
}

package io.capoflow.settings.recipe;

import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.binding.Key;
import java.nio.file.Path;
import java.util.Optional;

/** The problems to train on and to measure with. */
public record ProblemsSection(
    @Key(doc = "The generated arithmetic task, or a file", defaults = "arithmetic") Source source,
    @Key(doc = "Training problems, with source: file: our Parquet, or GSM8K's JSON lines")
        Optional<Path> file,
    @Key(
            doc =
                "Held-out problems, with source: file; where not set, problems.held_out of"
                    + " problems.file are set aside")
        Optional<Path> heldOutFile,
    @Key(
            doc =
                "Key of the generated problems and of the split, apart from the run's seed: runs"
                    + " of several seeds are measured on the same problems",
            defaults = "0",
            range = "[0, )")
        long seed,
    @Key(doc = "Training problems to generate", defaults = "4096", range = "[1, )") int train,
    @Key(doc = "Held-out problems to generate or to set aside", defaults = "500", range = "[1, )")
        int heldOut,
    @Key(
            doc =
                "Message of the system before every question to the policy, in place of the"
                    + " problem's own; a text, or boxed or gsm8k for the usual ones")
        Optional<String> system,
    @Key(
            doc =
                "What every question to the policy ends with, on a line of its own; a text, or"
                    + " boxed or gsm8k for the usual ones")
        Optional<String> instruction,
    @Key(doc = "Problems of one iteration", defaults = "64", range = "[1, )") int perIteration,
    @Key(
            doc = "Share of bad rows above which a problem set is refused",
            defaults = "0.05",
            range = "[0, 1]")
        double maxRejectedShare) {
  /** Where problems come from. */
  public enum Source {
    /** The embedded arithmetic task, generated. */
    ARITHMETIC,
    /** A file of problems. */
    FILE
  }

  public ProblemsSection {
    if (source == Source.FILE && file.isEmpty()) {
      throw new InvalidSetting("file", "is not set, but problems.source is file; name a file");
    }
    if (source == Source.ARITHMETIC && file.isPresent()) {
      throw new InvalidSetting(
          "source", "is arithmetic, but problems.file is set; write source: file");
    }
    if (source == Source.ARITHMETIC && perIteration > train) {
      throw new InvalidSetting(
          "per_iteration",
          "exceeds problems.train: an iteration of "
              + perIteration
              + " cannot be drawn from "
              + train
              + " problems");
    }
  }
}

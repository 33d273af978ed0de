package io.capoflow.runners.it;

import io.capoflow.settings.binding.RecipeBinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A recipe that does everything the shipped one does, in seconds: the real models, few problems.
 */
final class SmallExperiment {
  private SmallExperiment() {}

  /** Writes the recipe. */
  static Path in(Path directory) throws IOException {
    return Files.writeString(
        directory.resolve("small.yaml"),
        """
        extends: %s
        iterations: 3
        problems:
          train: 64
          held_out: 12
          per_iteration: 8
        sample:
          rollouts: 4
          shard_problems: 2
          max_rows: 4
        critique:
          times: 2
          max_rows: 8
        batch:
          mini_batch_rollouts: 16
        evaluate:
          problems: 12
          samples: 1
        """
            .formatted(home().resolve("recipes").resolve("arithmetic.yaml")));
  }

  /**
   * Writes a recipe that is another's with its critic behind a server.
   *
   * @param more lines of {@code critique:}, one each
   */
  static Path served(Path file, Path recipe, String server, Path journal, String... more)
      throws IOException {
    StringBuilder text =
        new StringBuilder(
            """
            extends: %s
            critique:
              path: null
              device: auto
              max_rows: 64
              endpoint: %s
              model: critic
              journal: %s
            """
                .formatted(recipe, server, journal));
    for (String line : more) {
      text.append("  ").append(line).append('\n');
    }
    return Files.writeString(file, text);
  }

  /** The project's root. */
  static Path home() {
    return Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY)).toAbsolutePath();
  }
}

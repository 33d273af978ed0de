package io.capoflow.runners.cli;

import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;

/** Run directories as a user names them. */
final class Runs {
  private Runs() {}

  /**
   * A run that has begun.
   *
   * @throws UserMistake when there is none
   */
  static RunDirectory existing(Path directory) {
    RunDirectory run = RunDirectory.at(directory);
    if (!Files.isDirectory(run.root())) {
      throw new UserMistake(
          directory + " is no directory; name a run, such as runs/arithmetic-seed0");
    }
    if (!Files.isRegularFile(run.recipe()) && run.iterations().isEmpty()) {
      throw new UserMistake(
          directory
              + " is no run: it has neither recipe.yaml nor iterations; name a directory that"
              + " capoflow train made");
    }
    return run;
  }
}

package io.capoflow.runners.doctor;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.recipe.TrainingRecipe;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Checks of this project's own files: its version, the recipe it starts with, the weights. */
final class ProjectChecks {
  private static final long GIT_SECONDS = 10;

  private ProjectChecks() {}

  static List<Doctor.Check> all(Path home, List<String> versions) {
    return List.of(
        NamedCheck.of("capoflow", () -> project(home, versions)),
        NamedCheck.of("recipe", () -> recipe(home.resolve("recipes").resolve("arithmetic.yaml"))),
        NamedCheck.of("policy", () -> weights("policy", home.resolve("weights/arithmetic-policy"))),
        NamedCheck.of(
            "critic", () -> weights("critic", home.resolve("weights/arithmetic-critic"))));
  }

  private static Finding project(Path home, List<String> versions) throws Exception {
    return Finding.ok(
        "capoflow",
        String.join(", ", versions)
            + commit(home).map(hash -> ", commit " + hash).orElse("")
            + ", at "
            + home);
  }

  private static Finding recipe(Path file) {
    RecipeBinder.of(TrainingRecipe.class).read(file, List.of());
    return Finding.ok("recipe", file + " reads");
  }

  private static Finding weights(String subject, Path directory) {
    if (!Files.isDirectory(directory)) {
      return Finding.fail(
          subject,
          directory + " is not there",
          "restore it with git checkout, or make it anew with capoflow sft");
    }
    return Finding.ok(
        subject, directory + ", " + Safetensors.readCheckpoint(directory).size() + " tensors");
  }

  /** Empty where the project is no git checkout, or there is no git. */
  private static Optional<String> commit(Path home) throws InterruptedException {
    if (!Files.exists(home.resolve(".git"))) {
      return Optional.empty();
    }
    try {
      Process git =
          new ProcessBuilder("git", "describe", "--always", "--dirty")
              .directory(home.toFile())
              .redirectErrorStream(true)
              .start();
      String answer =
          new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return git.waitFor(GIT_SECONDS, TimeUnit.SECONDS) && git.exitValue() == 0
          ? Optional.of(answer)
          : Optional.empty();
    } catch (IOException noGit) {
      return Optional.empty();
    }
  }
}

package io.capoflow.pipelines.training;

import io.capoflow.pipelines.BuildVersions;
import io.capoflow.pipelines.recipe.BoundRecipe;
import io.capoflow.pipelines.recipe.RecipeBinder;
import io.capoflow.pipelines.recipe.RecipeDifference;
import io.capoflow.pipelines.recipe.TrainingRecipe;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.JsonFiles;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.train.StartingPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a run is: its recipe, its starting policy, the versions that it runs with, and the time
 * spent on it so far.
 */
final class RunRecord {
  private final RunDirectory run;
  private Fields fields;

  /** As {@code run.json} holds it. */
  record Fields(
      String name,
      long seed,
      String recipeDigest,
      Map<String, String> versions,
      double wallSeconds) {
    Fields {
      versions = new TreeMap<>(versions);
    }
  }

  private RunRecord(RunDirectory run, Fields fields) {
    this.run = run;
    this.fields = fields;
  }

  /**
   * Starts a run, or takes an existing one up.
   *
   * @throws UserMistake when an existing run was started with other content, or the starting policy
   *     is no checkpoint
   */
  static RunRecord open(RunDirectory run, BoundRecipe<TrainingRecipe> recipe) {
    if (Files.exists(run.recipe())) {
      BoundRecipe<TrainingRecipe> existing =
          RecipeBinder.of(TrainingRecipe.class).read(run.recipe(), List.of());
      RecipeDifference.between(existing, recipe).requireCompatible(run.root().toString());
    }
    replace(run.recipe(), recipe.yaml());
    StartingPolicy.commit(run.policies(), recipe.settings().policy().path());
    double spent =
        Files.exists(run.run()) ? JsonFiles.read(run.run(), Fields.class).wallSeconds() : 0;
    RunRecord record =
        new RunRecord(
            run,
            new Fields(
                recipe.settings().name(),
                recipe.settings().seed(),
                recipe.digest(),
                versions(),
                spent));
    record.write();
    return record;
  }

  /** Iterations whose policy is committed. */
  int committedIterations() {
    List<Integer> versions = run.policies().versions();
    return versions.get(versions.size() - 1);
  }

  double wallSeconds() {
    return fields.wallSeconds();
  }

  void addWallSeconds(double seconds) {
    fields =
        new Fields(
            fields.name(),
            fields.seed(),
            fields.recipeDigest(),
            fields.versions(),
            fields.wallSeconds() + seconds);
    write();
  }

  /** On which equal digests depend. */
  private static Map<String, String> versions() {
    Map<String, String> versions = new TreeMap<>(BuildVersions.all());
    versions.put("java", Runtime.version().toString());
    versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return versions;
  }

  private void write() {
    JsonFiles.write(run.run(), fields);
  }

  private static void replace(Path file, String text) {
    Path draft = file.resolveSibling("." + file.getFileName() + ".tmp");
    try {
      Files.writeString(draft, text);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }
}

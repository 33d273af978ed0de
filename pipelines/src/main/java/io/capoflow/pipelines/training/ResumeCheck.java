package io.capoflow.pipelines.training;

import io.capoflow.pipelines.training.RunContent.ProblemSource;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Locations;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.Flaw;
import io.capoflow.transforms.storage.KeptFile;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.RunAdvice;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.SelfChecked;
import io.capoflow.transforms.train.PolicyCheck;
import io.capoflow.transforms.train.PolicyProof;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Refuses to go on with a run of which something is damaged that training would build on: says so
 * in a line before any work. What training computes again by itself is no reason to refuse.
 */
final class ResumeCheck {
  private final RunDirectory run;

  ResumeCheck(RunDirectory run) {
    this.run = run;
  }

  /**
   * Looks at the recipe, the run's record and problems, at which versions are there, and at the
   * bytes of the version that training goes on from. In constant memory.
   *
   * @param iterations that the run is to have
   * @throws UserMistake with the first damage, and what mends it
   */
  void requireWhole(int iterations) {
    List<Integer> folders = run.policies().folders();
    if (!RunRecord.exists(run)) {
      if (!folders.isEmpty()) {
        throw gone(run.recipe());
      }
      return;
    }
    BoundRecipe<TrainingRecipe> recipe = recipe();
    if (!Files.exists(run.run())) {
      if (!folders.isEmpty()) {
        throw gone(run.run());
      }
      return;
    }
    if (RunRecord.checksum(run) == SelfChecked.BROKEN) {
      throw damaged(run.run(), "it is not as it was written");
    }
    requireRecipe(recipe);
    requireVersions(folders);
    requireProblems();
    if (!folders.isEmpty()) {
      requirePolicy(folders.get(folders.size() - 1), iterations, recipe.settings());
    }
  }

  private BoundRecipe<TrainingRecipe> recipe() {
    try {
      return RecipeBinder.of(TrainingRecipe.class).readKept(run.recipe());
    } catch (UserMistake unreadable) {
      throw RunAdvice.damaged(run.recipe(), unreadable.getMessage(), unreadable);
    }
  }

  /**
   * The recipe may be another than the one recorded where a session was killed between writing the
   * two: but then it has the same content.
   */
  private void requireRecipe(BoundRecipe<TrainingRecipe> recipe) {
    String recorded = RunRecord.content(run).recipeSha256();
    if (!recorded.isEmpty()
        && !recorded.equals(sha256(run.recipe()))
        && !recipe.digest().equals(RunRecord.recipeDigest(run))) {
      throw damaged(run.recipe(), "it is not as it was written");
    }
  }

  /** Versions follow each other from v00000 on, as far as iterations have come. */
  private void requireVersions(List<Integer> folders) {
    List<Integer> needed = new ArrayList<>(folders);
    needed.addAll(run.iterations());
    int last = needed.stream().mapToInt(Integer::intValue).max().orElse(-1);
    PolicyStore policies = run.policies();
    for (int version = 0; version <= last; version++) {
      Path directory = policies.directory(version);
      if (!Files.isDirectory(directory)) {
        throw gone(directory);
      }
      Path state = directory.resolve(PolicyStore.stateFile());
      if (!Files.isRegularFile(state)) {
        throw gone(state);
      }
      policies.find(version);
      if (policies.checksum(version) == SelfChecked.BROKEN) {
        throw damaged(state, "it is not as it was written");
      }
    }
  }

  private void requireProblems() {
    Map<String, KeptFile> recorded = RunRecord.content(run).files();
    if (recorded.isEmpty()) {
      requireProblemsOfOlderCode();
      return;
    }
    recorded.forEach(
        (name, kept) -> {
          Path file = run.root().resolve(name);
          if (!Files.isRegularFile(file)) {
            throw gone(file);
          }
          String now = sha256(file);
          if (!now.equals(kept.sha256())) {
            throw damaged(file, "its SHA-256 is %s, recorded was %s".formatted(now, kept.sha256()));
          }
        });
  }

  private void requireProblemsOfOlderCode() {
    if (!run.iterations().isEmpty()) {
      Stream.of(run.trainingProblems(), run.heldOutProblems(), run.rejectedProblems())
          .filter(file -> !Files.isRegularFile(file))
          .findFirst()
          .ifPresent(
              file -> {
                throw gone(file);
              });
    }
  }

  /**
   * Proves the bytes of the last version that is committed, and those of the starting policy where
   * each iteration reads it.
   */
  private void requirePolicy(int version, int iterations, TrainingRecipe recipe) {
    boolean trains = version < iterations;
    PolicyProof proof = proof(version, trains);
    if (trains && !proof.canBeTrained()) {
      throw gone(run.policies().directory(version).resolve(PolicyStore.optimizerFile()));
    }
    boolean readsStart =
        recipe.lora().settings().isAdapter()
            || (recipe.train().klCoefficient() > 0 && recipe.reference().path().isEmpty());
    if (version > 0 && readsStart) {
      proof(0, false);
    }
  }

  private PolicyProof proof(int version, boolean keepsOptimizerState) {
    PolicyProof proof =
        new PolicyCheck(run.policies(), bytes -> {}).look(version, () -> keepsOptimizerState);
    for (Flaw flaw : proof.flaws()) {
      switch (flaw.kind()) {
        case DAMAGED, MISSING -> throw damaged(flaw.file(), flaw.found());
        case EXTRA, UNPROVEN -> {
          // Neither is read, or nobody can say.
        }
      }
    }
    return proof;
  }

  /** Lines about files that the problems came from and that were changed since. */
  List<String> changedSources() {
    List<String> changed = new ArrayList<>();
    for (ProblemSource source : RunRecord.content(run).problemSources()) {
      Path file = Locations.of(source.path());
      if (Files.isRegularFile(file) && !sha256(file).equals(source.sha256())) {
        changed.add(
            "%s has changed since this run began: the run goes on with its own copy of the problems, %s"
                .formatted(file, run.trainingProblems().getParent()));
      }
    }
    return Collections.unmodifiableList(changed);
  }

  private static UserMistake gone(Path file) {
    return damaged(file, "it is gone");
  }

  private static UserMistake damaged(Path file, String damage) {
    return RunAdvice.damaged(file, damage);
  }

  private static String sha256(Path file) {
    try {
      return Digests.ofFile(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}

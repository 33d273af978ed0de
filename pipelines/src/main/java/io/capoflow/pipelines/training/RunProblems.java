package io.capoflow.pipelines.training;

import io.capoflow.datasets.problems.GoldCheck;
import io.capoflow.datasets.problems.ProblemFiles;
import io.capoflow.datasets.problems.ProblemIntake;
import io.capoflow.datasets.problems.ProblemSet;
import io.capoflow.datasets.problems.ProblemSplit;
import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RejectedProblem;
import io.capoflow.settings.recipe.ProblemsSection;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.KeptFile;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.verifiers.Verifier;
import io.capoflow.worlds.arithmetic.ArithmeticSplit;
import io.capoflow.worlds.arithmetic.ArithmeticWorld;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The problems of a run, kept in its directory from the first start on: a run goes on with the
 * problems that it began with, whatever becomes of the file they came from.
 *
 * @param train to learn from
 * @param heldOut to measure with; empty where the recipe sets none aside
 * @param rejected rows that could not be used
 */
public record RunProblems(List<Problem> train, List<Problem> heldOut, int rejected) {
  public RunProblems {
    train = List.copyOf(train);
    heldOut = List.copyOf(heldOut);
  }

  /**
   * Reads what the run keeps, or generates or imports it; {@link #keep} makes the run keep it.
   *
   * @throws io.capoflow.schemas.UserMistake when a problem file cannot be used
   */
  public static RunProblems of(RunDirectory run, TrainingRecipe recipe) {
    if (!Files.exists(run.trainingProblems())) {
      ProblemSplit split =
          switch (recipe.problems().source()) {
            case ARITHMETIC -> {
              ProblemFiles.writeRejected(run.rejectedProblems(), List.of());
              ProblemSplit generated = generated(recipe.problems());
              goldCheck(recipe).requireAll(generated.train(), "verify.verifier");
              goldCheck(recipe).requireAll(generated.heldOut(), "verify.verifier");
              yield generated;
            }
            case FILE -> imported(run, recipe);
          };
      return new RunProblems(split.train(), split.heldOut(), rejected(run));
    }
    return new RunProblems(
        KeptFile.read(run.trainingProblems(), Problem.class),
        KeptFile.read(run.heldOutProblems(), Problem.class),
        rejected(run));
  }

  /** Writes the problems into the run's directory, unless they are there. */
  public void keep(RunDirectory run) {
    if (Files.exists(run.trainingProblems())) {
      return;
    }
    try {
      Files.createDirectories(run.trainingProblems().getParent());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot make " + run.trainingProblems().getParent(), e);
    }
    // The training problems are written last: where they are, the rest is.
    ProblemFiles.write(run.heldOutProblems(), heldOut);
    ProblemFiles.write(run.trainingProblems(), train);
  }

  private static int rejected(RunDirectory run) {
    return KeptFile.read(run.rejectedProblems(), RejectedProblem.class).size();
  }

  private static ProblemSplit generated(ProblemsSection problems) {
    ArithmeticWorld world = new ArithmeticWorld(problems.seed());
    return new ProblemSplit(
        world.problems(ArithmeticSplit.TRAIN, problems.train()),
        world.problems(ArithmeticSplit.HELD_OUT, problems.heldOut()));
  }

  private static GoldCheck goldCheck(TrainingRecipe recipe) {
    return new GoldCheck(
        Extensions.named(Verifier.class, Verifier::name, "verifier", recipe.verify().verifier()),
        recipe.verify().options());
  }

  /** Bad rows are written down before too many of them stop the run: they say what to mend. */
  private static ProblemSplit imported(RunDirectory run, TrainingRecipe recipe) {
    ProblemsSection problems = recipe.problems();
    ProblemIntake intake = new ProblemIntake(goldCheck(recipe));
    Optional<ProblemSet> heldOut = problems.heldOutFile().map(intake::read);
    ProblemSet train = intake.read(problems.file().orElseThrow());
    List<RejectedProblem> rejected = new ArrayList<>();
    heldOut.ifPresent(set -> rejected.addAll(set.rejected()));
    rejected.addAll(train.rejected());
    ProblemFiles.writeRejected(run.rejectedProblems(), rejected);
    heldOut.ifPresent(set -> set.requireUsable(problems.maxRejectedShare()));
    train.requireUsable(problems.maxRejectedShare());
    return heldOut
        .map(set -> new ProblemSplit(train.problems(), set.problems()))
        .orElseGet(() -> ProblemSplit.of(train.problems(), problems.heldOut(), problems.seed()));
  }
}

package io.capoflow.pipelines.integrity;

import static java.util.Objects.requireNonNull;

import io.capoflow.datasets.problems.ProblemSchedule;
import io.capoflow.pipelines.execution.PipelineFactory;
import io.capoflow.pipelines.training.Computation;
import io.capoflow.pipelines.training.IterationStages;
import io.capoflow.pipelines.training.RunDataflows;
import io.capoflow.pipelines.training.RunProblems;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.Flaw;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.SetAside;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageProof;
import io.capoflow.transforms.storage.StageRepair;
import io.capoflow.transforms.train.PolicyProof;
import io.capoflow.transforms.train.PolicyRepair;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Computes again what a check found damaged or missing, in a folder of its own, and takes it into
 * the run only where its digest is the recorded one. What it replaces is {@link SetAside}. For one
 * use, by the driver that holds the run's lock.
 *
 * <p>An iteration is run again on all of it that is whole, so that only what is missing is
 * computed. A policy is trained again from the nearest earlier version that still has its optimizer
 * state, or from the start.
 */
public final class RunRepair {
  private final RunProof proof;
  private final RunDirectory run;
  private final BoundRecipe<TrainingRecipe> bound;
  private final PipelineFactory pipelines;
  private final Consumer<String> progress;
  private final SetAside aside;
  private final List<String> failures = new ArrayList<>();

  /**
   * A repair of what a check found.
   *
   * @param recipe the run's own
   * @param progress is told what is computed, a line each
   */
  public RunRepair(
      RunProof proof,
      BoundRecipe<TrainingRecipe> recipe,
      PipelineFactory pipelines,
      Consumer<String> progress) {
    this.proof = requireNonNull(proof, "proof");
    this.run = proof.run();
    this.bound = requireNonNull(recipe, "recipe");
    this.pipelines = requireNonNull(pipelines, "pipelines");
    this.progress = requireNonNull(progress, "progress");
    this.aside = SetAside.in(run);
  }

  /** Where what is replaced goes. */
  public SetAside aside() {
    return aside;
  }

  /**
   * Mends what can be mended. What fails is left as it is, and so is what depends on it.
   *
   * @return why something could not be mended, a line each
   */
  public List<String> repair() {
    proof.flaws().stream()
        .filter(flaw -> proof.mend(flaw) == Mend.SET_ASIDE)
        .forEach(flaw -> aside.take(flaw.file()));
    if (proof.flaws().stream().anyMatch(this::isContent)) {
      Computation.difference(run).ifPresent(progress);
      try (Scratch scratch = Scratch.of(run)) {
        if (attempt(() -> problems(scratch)) && attempt(() -> start(scratch))) {
          attempt(() -> iterations(scratch));
          attempt(() -> evaluations(scratch));
        }
      }
    }
    if (failures.isEmpty()) {
      derivedFlaws().forEach(aside::take);
    }
    return List.copyOf(failures);
  }

  /** Whether a dataflow has to run to restore it. */
  private boolean isContent(Flaw flaw) {
    return isLost(flaw) && !isDerived(flaw.file());
  }

  private boolean attempt(Runnable mending) {
    try {
      mending.run();
      return true;
    } catch (UserMistake | UncheckedIOException refused) {
      failures.add(refused.getMessage());
      return false;
    }
  }

  private boolean isLost(Flaw flaw) {
    return proof.mend(flaw) == Mend.RECOMPUTE;
  }

  private void problems(Scratch scratch) {
    List<Flaw> flawed =
        proof.flaws().stream()
            .filter(Flaw::isDamage)
            .filter(
                flaw ->
                    flaw.file().startsWith(run.trainingProblems().getParent())
                        || flaw.file().equals(run.rejectedProblems()))
            .toList();
    if (flawed.isEmpty()) {
      scratch.linkProblems();
      return;
    }
    for (Flaw flaw : flawed) {
      if (!isLost(flaw)) {
        throw new UserMistake(
            "%s: no repair without it: take it from a copy of the run".formatted(flaw.file()));
      }
    }
    progress.accept("problems: from their source");
    RunProblems.of(scratch.directory(), bound.settings()).keep(scratch.directory());
    for (Flaw flaw : flawed) {
      scratch.takeProblems(
          flaw.file(), proof.content().files().get(run.nameOf(flaw.file())), aside);
    }
  }

  private void start(Scratch scratch) {
    PolicyProof start = proof.policies().get(0);
    if (start.canBeAsked()) {
      scratch.link(0);
      return;
    }
    progress.accept("policy/v00000: from " + bound.settings().policy().path());
    scratch.start(bound.settings().policy().path());
    takePolicy(scratch, 0);
    scratch.link(0);
  }

  private void takePolicy(Scratch scratch, int version) {
    new PolicyRepair(run.policies(), aside)
        .takeFrom(
            scratch.directory().policies(),
            proof.policies().get(version),
            proof.recordedDigest(RunDirectory.policyName(version)),
            proof.recordedDigest(RunDirectory.policyFilesName(version)),
            version == proof.policies().lastKey());
  }

  private void iterations(Scratch scratch) {
    SortedSet<Integer> trainings = trainings();
    SortedSet<Integer> iterations = new TreeSet<>(trainings);
    proof.policies().keySet().stream()
        .filter(iteration -> !lostStages(iteration).isEmpty())
        .forEach(iterations::add);
    if (iterations.isEmpty()) {
      return;
    }
    RunProblems problems = RunProblems.of(scratch.directory(), bound.settings());
    ProblemSchedule schedule =
        new ProblemSchedule(
            problems.train(), bound.settings().problems().perIteration(), bound.settings().seed());
    try (RunDataflows dataflows =
        new RunDataflows(bound.settings(), scratch.directory(), pipelines)) {
      boolean trained = true;
      for (int iteration : iterations) {
        boolean trains = trainings.contains(iteration);
        if (trains && !trained) {
          continue; // It goes on from a version that could not be restored.
        }
        boolean mended =
            attempt(
                () -> {
                  progress.accept(
                      "iteration %d: %s"
                          .formatted(iteration, trains ? "trained again" : "computed where lost"));
                  scratch.linkStages(proof, iteration, stages());
                  scratch.link(iteration);
                  if (!trains) {
                    scratch.link(iteration + 1);
                  }
                  dataflows.iterate(iteration, schedule.problemsOf(iteration), () -> {});
                });
        if (mended) {
          mended = take(scratch, iteration, dataflows.shards(schedule.problemsOf(iteration)));
        }
        trained &= mended || !trains;
      }
    }
  }

  private boolean take(Scratch scratch, int iteration, int shards) {
    boolean mended = true;
    for (Stage<?> stage : lostStages(iteration)) {
      String name = RunDirectory.digestName(iteration, stage);
      mended &=
          attempt(
              () ->
                  new StageRepair(proof.stages().get(name), stage, proof.recordedDigest(name))
                      .takeFrom(
                          scratch.directory().stage(iteration, stage),
                          shards,
                          bound.digest(),
                          aside));
    }
    PolicyProof next = proof.policies().get(iteration + 1);
    if (!next.canBeAsked() || isLastWithoutOptimizer(next)) {
      mended &= attempt(() -> takePolicy(scratch, iteration + 1));
    }
    if (iteration > 0) {
      // The start stays: it may be the reference, or an adapter's base.
      scratch.forget(iteration);
    }
    return mended;
  }

  private List<Stage<?>> stages() {
    return IterationStages.of(bound.settings(), run);
  }

  private List<Stage<?>> lostStages(int iteration) {
    return stages().stream()
        .filter(stage -> isLost(proof.stages().get(RunDirectory.digestName(iteration, stage))))
        .toList();
  }

  private boolean isLost(StageProof stage) {
    return stage != null && stage.flaws().stream().anyMatch(this::isLost);
  }

  /** Iterations whose update has to be run again, so that each lost version is reached. */
  private SortedSet<Integer> trainings() {
    SortedSet<Integer> trainings = new TreeSet<>();
    for (PolicyProof policy : proof.policies().values()) {
      if (policy.version() > 0 && (!policy.canBeAsked() || isLastWithoutOptimizer(policy))) {
        int from = policy.version() - 1;
        while (from > 0 && !proof.policies().get(from).canBeTrained()) {
          trainings.add(from);
          from--;
        }
        trainings.add(from);
      }
    }
    return trainings;
  }

  private boolean isLastWithoutOptimizer(PolicyProof policy) {
    return policy.version() == proof.policies().lastKey() && !policy.canBeTrained();
  }

  private void evaluations(Scratch scratch) {
    if (proof.policies().keySet().stream().allMatch(version -> lostPasses(version).isEmpty())) {
      return;
    }
    RunProblems problems = RunProblems.of(scratch.directory(), bound.settings());
    try (RunDataflows dataflows =
        new RunDataflows(bound.settings(), scratch.directory(), pipelines)) {
      for (int version : proof.policies().keySet()) {
        List<String> lost = lostPasses(version);
        if (lost.isEmpty()) {
          continue;
        }
        attempt(
            () -> {
              progress.accept("measurement of policy %d: computed where lost".formatted(version));
              scratch.link(version);
              scratch.linkEvaluation(proof, version);
              dataflows.measure(version, problems.heldOut(), done -> {});
              for (String name : lost) {
                Stage<?> stage = RunDirectory.evaluationNames(version).get(name);
                new StageRepair(proof.stages().get(name), stage, proof.recordedDigest(name))
                    .takeFrom(
                        scratch.directory().root().resolve(name),
                        dataflows.measuredShards(problems.heldOut()) / RunDirectory.PASSES.size(),
                        bound.digest(),
                        aside);
              }
            });
      }
    }
  }

  private List<String> lostPasses(int version) {
    return RunDirectory.evaluationNames(version).keySet().stream()
        .filter(name -> isLost(proof.stages().get(name)))
        .toList();
  }

  /** Whether figures or summary were lost: a session of the run writes them anew. */
  public boolean tookDerived() {
    return failures.isEmpty() && !derivedFlaws().isEmpty();
  }

  private List<Path> derivedFlaws() {
    return proof.flaws().stream()
        .filter(this::isLost)
        .map(Flaw::file)
        .filter(this::isDerived)
        .distinct()
        .toList();
  }

  private boolean isDerived(Path file) {
    return file.equals(run.metrics()) || file.equals(run.summary());
  }
}

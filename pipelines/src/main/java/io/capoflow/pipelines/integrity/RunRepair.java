package io.capoflow.pipelines.integrity;

import static java.util.Objects.requireNonNull;

import io.capoflow.datasets.problems.ProblemSchedule;
import io.capoflow.pipelines.execution.PipelineFactory;
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
    extras();
    List<String> failures = new ArrayList<>();
    try (Scratch scratch = Scratch.of(run)) {
      attempt(failures, () -> problems(scratch));
      attempt(failures, () -> start(scratch));
      if (failures.isEmpty()) {
        iterations(scratch, failures);
      }
      if (failures.isEmpty()) {
        evaluations(scratch, failures);
      }
    }
    derived();
    return failures;
  }

  private static void attempt(List<String> failures, Runnable mending) {
    try {
      mending.run();
    } catch (UserMistake refused) {
      failures.add(refused.getMessage());
    }
  }

  private void extras() {
    proof.flaws().stream()
        .filter(flaw -> flaw.kind() == Flaw.Kind.EXTRA)
        .forEach(flaw -> aside.take(flaw.file()));
  }

  private boolean isLost(Flaw flaw) {
    return proof.mend(flaw) == Mend.RECOMPUTE;
  }

  private void problems(Scratch scratch) {
    List<Flaw> lost =
        proof.flaws().stream()
            .filter(this::isLost)
            .filter(
                flaw ->
                    flaw.file().startsWith(run.trainingProblems().getParent())
                        || flaw.file().equals(run.rejectedProblems()))
            .toList();
    if (lost.isEmpty()) {
      scratch.linkProblems();
      return;
    }
    progress.accept("problems: from their source");
    RunProblems.of(scratch.directory(), bound.settings()).keep(scratch.directory());
    for (Flaw flaw : lost) {
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
            version == proof.policies().lastKey());
  }

  private void iterations(Scratch scratch, List<String> failures) {
    RunProblems problems = RunProblems.of(scratch.directory(), bound.settings());
    ProblemSchedule schedule =
        new ProblemSchedule(
            problems.train(), bound.settings().problems().perIteration(), bound.settings().seed());
    RunDataflows dataflows = new RunDataflows(bound.settings(), scratch.directory(), pipelines);
    SortedSet<Integer> trainings = trainings();
    SortedSet<Integer> iterations = new TreeSet<>(trainings);
    proof.policies().keySet().stream()
        .filter(iteration -> !lostStages(iteration).isEmpty())
        .forEach(iterations::add);
    for (int iteration : iterations) {
      attempt(
          failures,
          () -> {
            boolean trains = trainings.contains(iteration);
            progress.accept(
                "iteration %d: %s"
                    .formatted(iteration, trains ? "trained again" : "computed where lost"));
            scratch.linkStages(proof, iteration, stages());
            scratch.link(iteration);
            if (!trains) {
              scratch.link(iteration + 1);
            }
            dataflows.iterate(iteration, schedule.problemsOf(iteration), () -> {});
            take(scratch, iteration, dataflows.shards(schedule.problemsOf(iteration)));
          });
      if (!failures.isEmpty()) {
        return;
      }
    }
  }

  private void take(Scratch scratch, int iteration, int shards) {
    for (Stage<?> stage : lostStages(iteration)) {
      String name = RunDirectory.digestName(iteration, stage);
      new StageRepair(proof.stages().get(name), stage, proof.recordedDigest(name))
          .takeFrom(scratch.directory().stage(iteration, stage), shards, bound.digest(), aside);
    }
    PolicyProof next = proof.policies().get(iteration + 1);
    if (!next.canBeAsked() || isLastWithoutOptimizer(next)) {
      takePolicy(scratch, iteration + 1);
    }
    if (iteration > 0) {
      // The start stays: it may be the reference, or an adapter's base.
      scratch.forget(iteration);
    }
  }

  private List<? extends Stage<?>> stages() {
    return bound.settings().critique().enabled()
        ? Stage.ALL
        : List.of(Stage.ROLLOUTS, Stage.VERDICTS, Stage.CREDITS);
  }

  private List<? extends Stage<?>> lostStages(int iteration) {
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

  private void evaluations(Scratch scratch, List<String> failures) {
    RunProblems problems = RunProblems.of(scratch.directory(), bound.settings());
    RunDataflows dataflows = new RunDataflows(bound.settings(), scratch.directory(), pipelines);
    for (int version : proof.policies().keySet()) {
      List<String> lost =
          RunDirectory.evaluationNames(version).keySet().stream()
              .filter(name -> isLost(proof.stages().get(name)))
              .toList();
      if (!lost.isEmpty()) {
        attempt(
            failures,
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

  private void derived() {
    derivedFlaws().forEach(aside::take);
  }

  /** Whether figures or summary were lost: a session of the run writes them anew. */
  public boolean tookDerived() {
    return !derivedFlaws().isEmpty();
  }

  private List<Path> derivedFlaws() {
    return proof.flaws().stream()
        .filter(this::isLost)
        .map(Flaw::file)
        .filter(file -> file.equals(run.metrics()) || file.equals(run.summary()))
        .distinct()
        .toList();
  }
}

package io.capoflow.pipelines.training;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.decoder.ModelDigest;
import io.capoflow.models.endpoint.EndpointReport;
import io.capoflow.models.policy.PolicySpec;
import io.capoflow.models.scoring.ScoredModel;
import io.capoflow.models.scoring.ScoredModels;
import io.capoflow.models.scoring.ScoringSpec;
import io.capoflow.models.tensor.Torch;
import io.capoflow.pipelines.critics.CriticProbe;
import io.capoflow.pipelines.critics.CriticProgress;
import io.capoflow.pipelines.critics.RecipeCritics;
import io.capoflow.pipelines.evaluation.Evaluation;
import io.capoflow.pipelines.evaluation.EvaluationFigures;
import io.capoflow.pipelines.execution.JobName;
import io.capoflow.pipelines.execution.PipelineFactory;
import io.capoflow.pipelines.execution.PipelineWatch;
import io.capoflow.pipelines.workers.WorkerCheck;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Problem;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.ProblemRows;
import io.capoflow.transforms.storage.ReadProblems;
import io.capoflow.transforms.storage.RecentRows;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.TrainerState;
import io.capoflow.transforms.train.LoadedLearner;
import io.capoflow.transforms.workers.WorkerNeeds;
import io.capoflow.transforms.workers.Workers;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;
import org.apache.beam.sdk.Pipeline;

/**
 * The dataflows of a recipe in a run directory: one an iteration, one a measurement. What is
 * committed there is read, so that running one again computes only what is missing. For one thread.
 */
public final class RunDataflows implements AutoCloseable {
  private final TrainingRecipe recipe;
  private final RunDirectory run;
  private final PipelineFactory pipelines;
  private final Optional<Workers> workers;
  private final Optional<CriticSource> critic;
  private final Optional<ScoredModel> reference;
  private final CriticProgress criticProgress;

  /**
   * Dataflows in a directory that holds the run's record and problems, and whose only driver the
   * caller is. Settles the numerics of this process as the recipe says, see {@link Torch#use}, and
   * sees that workers outside of it can compute the recipe, all the same bits.
   *
   * @throws io.capoflow.schemas.UserMistake when the recipe's critic or reference is not there, or
   *     this process or a worker cannot compute what the recipe says
   */
  public RunDataflows(TrainingRecipe recipe, RunDirectory run, PipelineFactory pipelines) {
    this.recipe = requireNonNull(recipe, "recipe");
    this.run = requireNonNull(run, "run");
    this.pipelines = requireNonNull(pipelines, "pipelines");
    // Before anything loads libtorch, which settles them too.
    Torch.use(recipe.torch().settings());
    this.workers = checkWorkers();
    this.critic =
        RecipeCritics.of(recipe, WorkerCheck.processes(workers, recipe.execution().parallelism()));
    this.reference = reference(recipe);
    this.criticProgress = new CriticProgress(critic.stream().toList());
  }

  /** The critic that iterations ask, where the recipe asks one. */
  Optional<CriticSource> critic() {
    return critic;
  }

  /** What the critic does while iterations run. */
  CriticProgress criticProgress() {
    return criticProgress;
  }

  @Override
  public void close() {
    criticProgress.close();
    LoadedLearner.release();
    RecentRows.release();
  }

  /** Those that compute; empty where this process does. */
  Optional<Workers> workers() {
    return workers;
  }

  private Optional<Workers> checkWorkers() {
    return WorkerCheck.of(
        pipelines,
        run.root(),
        new WorkerNeeds(
            Optional.of(recipe.torch().settings().numerics()),
            SessionFacts.devices(recipe),
            recipe.critique().enabled() && recipe.critique().server().used()
                ? Optional.of(recipe.critique().server().journal())
                : Optional.empty()));
  }

  /**
   * Finds out from a worker what server the critic is behind; empty where it is behind none.
   *
   * @throws io.capoflow.schemas.UserMistake when the server refuses us, or lacks what the recipe
   *     asks for
   */
  Optional<EndpointReport> probeCritic() {
    if (critic.isEmpty() || !recipe.critique().server().used()) {
      return Optional.empty();
    }
    return CriticProbe.of(critic.get(), run.root(), pipelines);
  }

  /** How many shards an iteration's problems have. */
  public int shards(List<Problem> problems) {
    return ShardPlan.shards(problems.size(), recipe.sample().shardProblems());
  }

  /**
   * Runs an iteration up to the commit of its policy.
   *
   * @param problems of the iteration, in the order of its plan
   * @param look is run every so often, on the calling thread
   */
  public void iterate(int iteration, List<Problem> problems, Runnable look) {
    iterate(iteration, problems, () -> {}, look);
  }

  /**
   * The same, with work for the calling thread while the iteration is planned and begins.
   *
   * @param meanwhile is run once
   */
  void iterate(int iteration, List<Problem> problems, Runnable meanwhile, Runnable look) {
    criticProgress.start(
        (long) problems.size() * recipe.sample().rollouts() * recipe.critique().times());
    Pipeline pipeline =
        pipelines.create(new JobName(run.root(), "iteration " + Keys.iteration(iteration)));
    ProblemRows asked = ProblemRows.of(run.trainingProblems(), problems);
    pipeline
        .apply("Problems", ReadProblems.of(asked))
        .apply(
            "Iteration",
            new TrainingIteration(
                recipe,
                run,
                iteration,
                ShardPlan.of(asked, recipe.sample().shardProblems()),
                policy(iteration),
                scoring(iteration),
                critic));
    PipelineWatch.run(pipeline, meanwhile, look);
  }

  /**
   * Measures a version on held-out problems.
   *
   * @param heldOut all of the run's; the recipe says how many of them are asked
   * @param progress is told how many of {@link #measuredShards} are sampled
   */
  public EvaluationFigures measure(int version, List<Problem> heldOut, IntConsumer progress) {
    return measure(version, heldOut, () -> {}, progress);
  }

  /**
   * The same, with work for the calling thread while the measurement is planned and begins.
   *
   * @param meanwhile is run once
   */
  EvaluationFigures measure(
      int version, List<Problem> heldOut, Runnable meanwhile, IntConsumer progress) {
    return new Evaluation(pipelines, run.root(), RecipeSettings.evaluation(recipe))
        .measure(
            policy(version),
            Keys.policyVersion(version),
            ProblemRows.of(run.heldOutProblems(), measured(heldOut)),
            run.evaluation(version),
            meanwhile,
            progress);
  }

  /** Shards that a measurement samples. */
  public int measuredShards(List<Problem> heldOut) {
    return Evaluation.shards(measured(heldOut).size());
  }

  private List<Problem> measured(List<Problem> heldOut) {
    int count = recipe.evaluate().problems();
    return count == 0 || count >= heldOut.size() ? heldOut : heldOut.subList(0, count);
  }

  /** What the update of an iteration asks about its responses, where it asks anything. */
  private Optional<ScoringSpec> scoring(int iteration) {
    return IterationStages.logProbabilities(recipe)
        .map(
            asked ->
                new ScoringSpec(
                    new ScoredModels(
                        committed(iteration),
                        committed(0),
                        reference.orElseGet(() -> committed(0)),
                        recipe.lora().settings(),
                        recipe.seed()),
                    asked,
                    RecipeSettings.scoring(recipe)));
  }

  private ScoredModel committed(int version) {
    return new ScoredModel(
        run.policies().directory(version).toString(), state(version).lineage().digest());
  }

  /** The reference where the recipe names one and the loss looks at it; else it is the start. */
  private static Optional<ScoredModel> reference(TrainingRecipe recipe) {
    return recipe.train().klCoefficient() > 0
        ? recipe
            .reference()
            .path()
            .map(path -> new ScoredModel(path.toString(), ModelDigest.of(path)))
        : Optional.empty();
  }

  /** A version, asked as all of the run's are. */
  private PolicySpec policy(int version) {
    PolicySpec spec =
        PolicySpec.of(
            run.policies().directory(version),
            Keys.policyVersion(version),
            state(version).lineage().digest(),
            recipe.policy().device(),
            recipe.policy().dtype(),
            recipe.torch().settings(),
            recipe.policyPrompts());
    RunPrompts.requireKept(run, spec);
    return spec;
  }

  private TrainerState state(int version) {
    return run.policies()
        .find(version)
        .orElseThrow(
            () -> new IllegalStateException("no policy v" + version + " in " + run.root()));
  }
}

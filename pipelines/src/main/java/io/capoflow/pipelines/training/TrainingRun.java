package io.capoflow.pipelines.training;

import static java.util.Objects.requireNonNull;

import io.capoflow.datasets.problems.ProblemSchedule;
import io.capoflow.models.endpoint.EndpointReport;
import io.capoflow.pipelines.critics.CriticProgress;
import io.capoflow.pipelines.evaluation.EvaluationFigures;
import io.capoflow.pipelines.execution.PipelineFactory;
import io.capoflow.pipelines.metrics.Figure;
import io.capoflow.pipelines.metrics.RunSummary;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.Faults;
import io.capoflow.transforms.storage.Repair;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.RunLock;
import io.capoflow.transforms.workers.Workers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The training loop: measures the starting policy, submits one dataflow an iteration until the
 * recipe's count is committed, measures the last policy, and writes the summary.
 *
 * <p>An iteration is closed, that is its manifests, figures and record are written, while the next
 * dataflow begins. All of the session's clock is some iteration's or measurement's, see {@link
 * Laps}; only what closes the iteration that a stop ends with is in no figure.
 *
 * <p>The run's directory is its checkpoint. Whatever ended an earlier session, {@link #run} goes on
 * from the last commit and ends with the same digests as an undisturbed run.
 */
public final class TrainingRun {
  private final BoundRecipe<TrainingRecipe> bound;
  private final TrainingRecipe recipe;
  private final RunDirectory run;
  private final PipelineFactory pipelines;
  private final TrainingObserver observer;
  private final AtomicBoolean stopRequested = new AtomicBoolean();
  private final Unclosed unclosed = new Unclosed();
  private boolean takesOver;
  private Laps laps = new Laps();

  public TrainingRun(
      BoundRecipe<TrainingRecipe> recipe,
      Path directory,
      PipelineFactory pipelines,
      TrainingObserver observer) {
    this.bound = requireNonNull(recipe, "recipe");
    this.recipe = recipe.settings();
    this.run = RunDirectory.at(directory);
    this.pipelines = requireNonNull(pipelines, "pipelines");
    this.observer = requireNonNull(observer, "observer");
  }

  /** Lets {@link #run} take the directory from a driver that may live, see {@link RunLock}. */
  public void takeOver() {
    takesOver = true;
  }

  private RunLock.Arrival arrival() {
    return new RunLock.Arrival(() -> pipelines.endLeftovers(run.root()), takesOver, this::tell);
  }

  /** Ends the run after the commit that it is working towards. Callable from any thread. */
  public void requestStop() {
    stopRequested.set(true);
  }

  /**
   * Runs to the recipe's last iteration, or until a stop is requested.
   *
   * @return the closing figures; empty when a stop was requested before the end
   * @throws UserMistake when the recipe, its problems or the directory cannot be used, or training
   *     diverges, or this process computes in other numerics than the recipe's
   */
  public Optional<RunSummary> run() {
    try (RunLock lock = run.lock(arrival())) {
      ResumeCheck resume = new ResumeCheck(run);
      resume.requireWhole(recipe.iterations());
      if (lastVersion() < recipe.iterations()) {
        Computation.requireSame(run);
      }
      RunRecord.requireCompatible(run, bound);
      RunProblems problems = RunProblems.of(run, recipe);
      if (problems.heldOut().isEmpty()) {
        throw new UserMistake(
            "problems.held_out: a run is measured before and after; set at least one problem aside");
      }
      try (RunDataflows dataflows = new RunDataflows(recipe, run, pipelines)) {
        try {
          return run(resume, problems, dataflows);
        } catch (RuntimeException e) {
          // The engine may be at work on the next iteration while one is closed.
          pipelines.cancel();
          unclosed.finishAfter(e);
          throw e;
        } finally {
          dataflows.criticProgress().finish(this::tell);
          dataflows.criticProgress().total().ifPresent(this::tell);
        }
      }
    }
  }

  private Optional<RunSummary> run(
      ResumeCheck resume, RunProblems problems, RunDataflows dataflows) {
    Optional<Workers> workers = dataflows.workers();
    // Without an iteration to run no critic is asked.
    Optional<EndpointReport> criticServer =
        lastVersion() < recipe.iterations() ? dataflows.probeCritic() : Optional.empty();
    RunRecord record =
        RunRecord.open(
            run, bound, problems.train().get(0), dataflows.critic(), workers, criticServer);
    keep(problems, record);
    RunMetrics metrics = new RunMetrics(run, bound, this::tell);
    ProblemSchedule schedule =
        new ProblemSchedule(problems.train(), recipe.problems().perIteration(), recipe.seed());
    int committed = record.committedIterations();
    observer.observe(
        new TrainingEvent.Opened(
            recipe.name(),
            run.root(),
            recipe.iterations(),
            committed,
            problems.train().size(),
            problems.heldOut().size(),
            problems.rejected(),
            CoreUse.of(recipe)));
    record
        .changedVersions()
        .map(
            changes ->
                "earlier sessions of this run had another machine or other versions ("
                    + changes
                    + "): what they would have computed may differ")
        .ifPresent(this::tell);
    workers.map(Workers::notices).stream().flatMap(List::stream).forEach(this::tell);
    resume.changedSources().forEach(this::tell);
    criticServer.map(CriticProgress::header).stream().flatMap(List::stream).forEach(this::tell);
    metrics.dropDamaged();
    if (isFinished()) {
      tell(
          "this run is finished: raise iterations to extend it, or choose another directory with --run");
      observer.observe(new TrainingEvent.Closed(true, committed));
      return Optional.of(RunSummary.read(run.summary()));
    }
    metrics.completeUpTo(committed);
    record.completeEarlier();
    laps = new Laps();
    EvaluationFigures before = measure(0, problems, dataflows, record, metrics);
    measureAgain(committed, problems, dataflows, record, metrics);
    for (int iteration = committed; iteration < recipe.iterations(); iteration++) {
      if (stopRequested.get()) {
        unclosed.finish();
        observer.observe(new TrainingEvent.Closed(false, iteration));
        return Optional.empty();
      }
      iterate(iteration, schedule.problemsOf(iteration), dataflows, record, metrics);
      if (isMeasured(iteration + 1)) {
        measure(iteration + 1, problems, dataflows, record, metrics);
      }
    }
    EvaluationFigures after = measure(recipe.iterations(), problems, dataflows, record, metrics);
    RunSummary summary =
        RunSummary.of(
            before,
            after,
            recipe.iterations(),
            record.wallSeconds(),
            metrics.totalSeconds(),
            run.digests(),
            problems.rejected());
    summary.write(run.summary());
    observer.observe(new TrainingEvent.Closed(true, recipe.iterations()));
    return Optional.of(summary);
  }

  /** What older code kept stays without a record: nobody can say that it is what was kept then. */
  private void keep(RunProblems problems, RunRecord record) {
    problems.keep(run);
    if (RunRecord.content(run).files().isEmpty()
        && record.committedIterations() == 0
        && !hasBegun()) {
      record.keep(KeptProblems.files(run), KeptProblems.sources(recipe.problems()));
    }
  }

  private boolean hasBegun() {
    return !run.iterations().isEmpty() || Files.exists(run.evaluation(0));
  }

  /** A run whose summary or figures are lost is not: what is kept of it writes them again. */
  private boolean isFinished() {
    if (lastVersion() != recipe.iterations()
        || !Files.exists(run.summary())
        || !Files.exists(run.metrics())) {
      return false;
    }
    try {
      return RunSummary.read(run.summary()).iterations() == recipe.iterations();
    } catch (UserMistake damaged) {
      tell("summary.json is damaged, and is written again");
      return false;
    }
  }

  /** 0 where no policy is committed yet. */
  private int lastVersion() {
    List<Integer> versions = run.policies().versions();
    return versions.isEmpty() ? 0 : versions.get(versions.size() - 1);
  }

  private void tell(String notice) {
    observer.observe(new TrainingEvent.Notice(notice));
  }

  /** Tells what workers met damaged and computed again. */
  private void tellRepairs(Path directory) {
    Repair.take(directory).forEach(repair -> tell(repair.toString()));
  }

  /** What an earlier session measured and its figures are lost, or did not live to measure. */
  private void measureAgain(
      int committed,
      RunProblems problems,
      RunDataflows dataflows,
      RunRecord record,
      RunMetrics metrics) {
    for (int version = 1; version <= committed; version++) {
      boolean begun = version == committed || Files.isDirectory(run.evaluation(version));
      if (isMeasured(version) && begun && metrics.evaluation(version).isEmpty()) {
        measure(version, problems, dataflows, record, metrics);
      }
    }
  }

  /** The last version is measured in any case, once the loop has ended. */
  private boolean isMeasured(int version) {
    int every = recipe.evaluate().every();
    return every > 0 && version % every == 0 && version < recipe.iterations();
  }

  private void iterate(
      int iteration,
      List<Problem> problems,
      RunDataflows dataflows,
      RunRecord record,
      RunMetrics metrics) {
    Faults.at("iteration/before");
    IterationProgress progress =
        new IterationProgress(
            run,
            iteration,
            dataflows.shards(problems),
            IterationStages.of(recipe),
            dataflows.criticProgress(),
            observer);
    dataflows.iterate(iteration, problems, unclosed::finish, progress::look);
    double seconds = laps.end();
    unclosed.leave(() -> close(iteration, seconds, record, metrics));
  }

  private void close(int iteration, double seconds, RunRecord record, RunMetrics metrics) {
    tellRepairs(run.iteration(iteration));
    metrics.close(iteration, OptionalDouble.of(seconds));
    record.complete(run.digests(iteration), seconds);
    run.policies().retainOptimizerStates(recipe.retention().optimizerStates());
    observer.observe(
        new TrainingEvent.IterationFinished(
            iteration,
            Keys.policyVersion(iteration + 1),
            metrics.figures(iteration),
            metrics.seconds(iteration)));
    nothingLearned(iteration, metrics).ifPresent(this::tell);
    run.policies()
        .find(iteration + 1)
        .flatMap(trainer -> KlSpike.notice(iteration, trainer))
        .ifPresent(this::tell);
    Faults.at("iteration/after");
  }

  /** What to say of an iteration whose rewards teach nothing; empty where they do. */
  private Optional<String> nothingLearned(int iteration, RunMetrics metrics) {
    Map<String, Double> figures = metrics.figures(iteration);
    if (figures.getOrDefault(Figure.ZERO_SPREAD_SHARE.label(), 0.0) < 1) {
      return Optional.empty();
    }
    String shown =
        Stream.of(Figure.ACCURACY, Figure.VOID_RATE, Figure.EXCLUDED_SHARE)
            .map(Figure::label)
            .filter(figures::containsKey)
            .map(name -> String.format(Locale.ROOT, "%s %.3f", name, figures.get(name)))
            .collect(Collectors.joining(", "));
    return Optional.of(
        "iteration %d left nothing to learn from: within every group of rollouts all rewards are equal (%s)"
            .formatted(iteration, shown));
  }

  /** Measures a version once; what an earlier session measured is read. */
  private EvaluationFigures measure(
      int version,
      RunProblems problems,
      RunDataflows dataflows,
      RunRecord record,
      RunMetrics metrics) {
    EvaluationFigures figures =
        metrics
            .evaluation(version)
            .orElseGet(() -> measureNow(version, problems, dataflows, record, metrics));
    unclosed.finish();
    observer.observe(new TrainingEvent.Evaluated(Keys.policyVersion(version), figures.named()));
    return figures;
  }

  private EvaluationFigures measureNow(
      int version,
      RunProblems problems,
      RunDataflows dataflows,
      RunRecord record,
      RunMetrics metrics) {
    int shards = dataflows.measuredShards(problems.heldOut());
    EvaluationFigures figures =
        dataflows.measure(
            version,
            problems.heldOut(),
            unclosed::finish,
            done ->
                observer.observe(
                    new TrainingEvent.StageProgress(
                        version, "evaluate", done, shards, "shards", "")));
    tellRepairs(run.evaluation(version));
    double seconds = laps.end();
    record.complete(run.evaluationDigests(version), seconds);
    metrics.addEvaluation(version, figures, seconds);
    return figures;
  }
}

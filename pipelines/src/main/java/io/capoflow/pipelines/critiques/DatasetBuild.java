package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.tensor.Torch;
import io.capoflow.pipelines.critics.CriticProbe;
import io.capoflow.pipelines.critics.CriticProgress;
import io.capoflow.pipelines.critics.RecipeCritics;
import io.capoflow.pipelines.critiques.Edition.EditionCritic;
import io.capoflow.pipelines.execution.JobName;
import io.capoflow.pipelines.execution.PipelineFactory;
import io.capoflow.pipelines.execution.PipelineWatch;
import io.capoflow.pipelines.workers.WorkerCheck;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.recipe.CritiqueRecipe;
import io.capoflow.settings.recipe.ServerKeys;
import io.capoflow.transforms.storage.Repair;
import io.capoflow.transforms.storage.RunLock;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.workers.WorkerNeeds;
import io.capoflow.transforms.workers.Workers;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.beam.sdk.Pipeline;

/**
 * Builds a critique dataset: takes rollouts in, has each addition critiqued by a dataflow, and
 * closes the tables. The directory is the checkpoint: whatever ended an earlier build, {@link #run}
 * goes on from what is committed and ends with the same digests.
 */
public final class DatasetBuild {
  private final DatasetDirectory directory;
  private final List<BoundRecipe<CritiqueRecipe>> recipes;
  private final PipelineFactory pipelines;
  private final DatasetObserver observer;
  private final Optional<String> license;
  private final Optional<Function<CritiqueRecipe, Optional<CriticSource>>> critics;
  private final boolean offline;
  private final AtomicBoolean stopRequested = new AtomicBoolean();
  private boolean takesOver;

  /**
   * A build in a directory, which need not exist yet.
   *
   * @param recipes one of each critic, the first of which says how is voted and verified; their
   *     journal is that of the directory
   */
  public DatasetBuild(
      Path output,
      List<BoundRecipe<CritiqueRecipe>> recipes,
      PipelineFactory pipelines,
      DatasetObserver observer) {
    this(
        DatasetDirectory.at(output),
        recipes,
        pipelines,
        observer,
        Optional.empty(),
        Optional.empty(),
        false);
  }

  private DatasetBuild(
      DatasetDirectory directory,
      List<BoundRecipe<CritiqueRecipe>> recipes,
      PipelineFactory pipelines,
      DatasetObserver observer,
      Optional<String> license,
      Optional<Function<CritiqueRecipe, Optional<CriticSource>>> critics,
      boolean offline) {
    this.directory = directory;
    this.recipes = List.copyOf(recipes);
    this.pipelines = requireNonNull(pipelines, "pipelines");
    this.observer = requireNonNull(observer, "observer");
    this.license = license;
    this.critics = critics;
    this.offline = offline;
  }

  /** With a license that the card names from now on. */
  public DatasetBuild withLicense(String named) {
    return new DatasetBuild(
        directory, recipes, pipelines, observer, Optional.of(named), critics, offline);
  }

  /**
   * With critics of one's own in place of those that recipes name.
   *
   * @param find gives the critic of a recipe
   */
  public DatasetBuild withCritics(Function<CritiqueRecipe, Optional<CriticSource>> find) {
    return new DatasetBuild(
        directory, recipes, pipelines, observer, license, Optional.of(find), offline);
  }

  /** That asks no server whether it is there: the journal has all that is asked for. */
  DatasetBuild offline() {
    return new DatasetBuild(directory, recipes, pipelines, observer, license, critics, true);
  }

  /** Thrown out of a dataflow's watch when a stop is requested. */
  private static final class StopRequested extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /**
   * What a build came to.
   *
   * @param added new rollouts
   * @param rollouts in the dataset
   * @param card of the dataset
   * @param table of the dataset's rows
   */
  public record Result(long added, long rollouts, Path card, Path table) {}

  /** Lets {@link #run} take the directory from a driver that may live, see {@link RunLock}. */
  public void takeOver() {
    takesOver = true;
  }

  private RunLock.Arrival arrival() {
    return new RunLock.Arrival(
        () -> pipelines.endLeftovers(directory.root()), takesOver, observer::say);
  }

  /** Ends the build where it is: what is committed or paid for stays. Callable from any thread. */
  public void requestStop() {
    stopRequested.set(true);
  }

  /**
   * Takes in what is new, and has everything critiqued that this edition lacks.
   *
   * @param sources empty where nothing is to be taken in
   * @return empty when a stop was requested before the end
   * @throws UserMistake when the sources, the recipes or the directory cannot be used, or too much
   *     of what critics and verifier say is void or a fault
   */
  public Optional<Result> run(Optional<RolloutSources> sources) {
    try (RunLock lock = directory.lock(arrival())) {
      if (!recipes.get(0).settings().critique().server().used()) {
        // Before anything loads libtorch, which settles them too.
        Torch.use(recipes.get(0).settings().torch().settings());
      }
      Optional<Workers> workers = WorkerCheck.of(pipelines, directory.root(), needs());
      workers.map(Workers::notices).ifPresent(notices -> notices.forEach(observer::say));
      int processes =
          WorkerCheck.processes(workers, recipes.get(0).settings().execution().parallelism());
      DatasetRecord record = DatasetRecord.of(directory);
      Edition edition =
          Edition.of(
              recipes, record, critics.orElse(recipe -> RecipeCritics.of(recipe, processes)));
      // From now on the directory is a dataset's, whatever becomes of the sources.
      record = record.write(directory);
      List<CriticSource> asked = edition.critics().stream().map(EditionCritic::source).toList();
      try (CriticProgress progress = new CriticProgress(asked)) {
        try {
          return Optional.of(run(sources, record, edition, progress));
        } catch (StopRequested stop) {
          pipelines.cancel();
          return Optional.empty();
        } finally {
          progress.finish(observer::say);
          progress.total().ifPresent(observer::say);
        }
      }
    }
  }

  private WorkerNeeds needs() {
    List<CritiqueRecipe> local =
        recipes.stream()
            .map(BoundRecipe::settings)
            .filter(recipe -> !recipe.critique().server().used())
            .toList();
    return new WorkerNeeds(
        local.stream().map(recipe -> recipe.torch().settings().numerics()).findFirst(),
        local.stream().map(recipe -> recipe.critique().device()).toList(),
        local.size() == recipes.size() ? Optional.empty() : Optional.of(directory.journal()));
  }

  private Result run(
      Optional<RolloutSources> sources,
      DatasetRecord before,
      Edition edition,
      CriticProgress progress) {
    TakeIn takeIn = new TakeIn(directory, pipelines, observer, this::look);
    DatasetRecord record = takeIn.finish(before);
    long rows = record.rows();
    if (sources.isPresent()) {
      record = takeIn.take(sources.get(), record);
    }
    if (record.additions().isEmpty()) {
      throw new UserMistake(
          "there are no rollouts in %s: name files of them with --rollouts"
              .formatted(directory.root()));
    }
    long added = record.rows() - rows;
    boolean relicensed = !license.orElse(record.license()).equals(record.license());
    EditionClosing closing = new EditionClosing(directory, edition, observer);
    List<Addition> open = closing.openAdditions(record);
    KeptRecipes kept = new KeptRecipes(directory, edition);
    if (!open.isEmpty() || !kept.areThere()) {
      kept.write();
    }
    record = edition.in(record.licensed(license.orElse(record.license()))).write(directory);
    if (!open.isEmpty()) {
      if (!offline) {
        edition.critics().stream()
            .filter(critic -> closing.lacksCritiques(critic, open))
            .forEach(this::reach);
      }
      for (Addition addition : open) {
        critique(addition, edition, progress);
      }
    }
    if (!open.isEmpty() || relicensed || !closing.hasCard(record)) {
      record = closing.close(record, open);
    }
    return new Result(
        added, record.rows(), directory.card(), directory.table(edition.datasetTable()));
  }

  /** Finds out from a worker whether a critic's server, if it is behind one, can be asked. */
  private void reach(EditionCritic critic) {
    ServerKeys server = critic.recipe().settings().critique().server();
    if (!server.used()) {
      return;
    }
    if (server.endpoint().contains(KeptRecipes.NO_ENDPOINT)) {
      throw new UserMistake(
          "a dataset keeps no server's address: name the recipe with --recipe, or say where %s is with --set critique.endpoint=http://…"
              .formatted(server.model().orElseThrow()));
    }
    CriticProbe.of(critic.source(), directory.root(), pipelines).stream()
        .flatMap(report -> CriticProgress.header(report).stream())
        .forEach(observer::say);
  }

  private void critique(Addition addition, Edition edition, CriticProgress critics) {
    Pipeline pipeline = pipelines.create(new JobName(directory.root(), "critiques"));
    pipeline.apply("Dataset", new CritiqueDataset(directory, addition, edition));
    AdditionProgress progress = new AdditionProgress(directory, addition, edition, critics);
    PipelineWatch.run(
        pipeline,
        () -> {
          look();
          progress.tell(observer);
        });
    tellRepairs(edition);
  }

  private void look() {
    if (stopRequested.get()) {
      throw new StopRequested();
    }
  }

  /** Tells what workers met damaged and computed again. */
  private void tellRepairs(Edition edition) {
    for (EditionCritic critic : edition.critics()) {
      tellRepairs(directory.critiques(critic));
    }
    tellRepairs(directory.votes(edition));
    tellRepairs(directory.dataset(edition));
  }

  private void tellRepairs(ShardStore<?> store) {
    Repair.take(store.directory()).forEach(repair -> observer.say(repair.toString()));
  }
}

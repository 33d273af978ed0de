package io.capoflow.benchmarks;

import io.capoflow.pipelines.training.TrainingEvent.IterationFinished;
import io.capoflow.pipelines.training.TrainingRun;
import io.capoflow.runners.cluster.ClusterSettings;
import io.capoflow.runners.cluster.ClusterStatus.ProcessStatus;
import io.capoflow.runners.cluster.LocalCluster;
import io.capoflow.runners.cluster.Role;
import io.capoflow.runners.engine.EnginePipelines;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Whether the processes of a cluster, and the driver, grow from job to job: the iterations of one
 * run, each a job that loads a policy, trains it and commits the next one. Metaspace, classes,
 * threads and open files are observed when a job has ended.
 *
 * <pre>{@code
 * benchmarks/run ManySubmissions 200
 * }</pre>
 */
public final class ManySubmissions {
  private static final int BETWEEN_OBSERVATIONS = 20;

  /** Observations that are left out of slopes: caches fill, and classes are loaded on first use. */
  private static final int WARM_UP = 2;

  private static final long MEMORY = 6L << 30;
  private static final String METASPACE = "Status.JVM.Memory.Metaspace.Used";
  private static final String CLASSES = "Status.JVM.ClassLoader.ClassesLoaded";
  private static final String DRIVER = "driver";
  private static final double MEBI = 1 << 20;

  private final LocalCluster cluster;
  private final FlinkRest rest;
  private final Map<String, List<Observed>> observed = new LinkedHashMap<>();

  private ManySubmissions(LocalCluster cluster) {
    this.cluster = cluster;
    this.rest = new FlinkRest(cluster.address());
  }

  /** What a process holds. */
  private record Observed(double metaspace, double classes, double threads, double openFiles) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%.1f MiB of metaspace, %,.0f classes loaded, %.0f threads, %.0f open files",
          metaspace,
          classes,
          threads,
          openFiles);
    }
  }

  /**
   * Prints a line a process after every 20 jobs, and at the end by how much each figure grew over
   * 100 jobs, by the slope through all observations but the first two.
   *
   * @param arguments jobs, 200 when left out; then settings of recipe keys
   */
  public static void main(String[] arguments) throws IOException {
    int jobs = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 200;
    Path folder = Files.createTempDirectory("many-submissions");
    ClusterSettings settings =
        ClusterSettings.in(folder.resolve("cluster"))
            .withWorkers(2, 1)
            .withPort(0)
            .withMemory(MEMORY);
    try (LocalCluster cluster = LocalCluster.up(settings, progress -> {})) {
      BoundRecipe<TrainingRecipe> recipe = recipe(jobs, cluster, arguments);
      ManySubmissions submissions = new ManySubmissions(cluster);
      long start = System.nanoTime();
      try (EnginePipelines flink =
          EnginePipelines.of(recipe.settings().execution(), notice -> System.err.println(notice))) {
        new TrainingRun(
                recipe,
                folder.resolve("run"),
                flink,
                event -> {
                  if (event instanceof IterationFinished finished) {
                    submissions.look(finished.iteration() + 1);
                  }
                })
            .run();
      }
      submissions.printSlopes();
      print(
          "%d jobs in %.0f s, load %s",
          jobs,
          (System.nanoTime() - start) / 1e9,
          Files.readString(Path.of("/proc/loadavg")).strip());
    } finally {
      Trees.delete(folder);
    }
  }

  private static BoundRecipe<TrainingRecipe> recipe(
      int jobs, LocalCluster cluster, String[] arguments) {
    List<Setting> settings =
        new ArrayList<>(
            Stream.of(
                    "iterations=" + jobs,
                    "execution.flink_master=" + cluster.address(),
                    "execution.parallelism=2",
                    "problems.per_iteration=2",
                    "sample.rollouts=2",
                    "sample.shard_problems=1",
                    "sample.max_new_tokens=16",
                    "critique.max_new_tokens=16",
                    "critique.max_void_share=1",
                    "batch.mini_batch_rollouts=4",
                    "evaluate.every=0")
                .map(Setting::parse)
                .toList());
    Stream.of(arguments).skip(1).map(Setting::parse).forEach(settings::add);
    Path home = Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY, "."));
    return RecipeBinder.of(TrainingRecipe.class)
        .load(home.resolve("benchmarks/src/main/recipes/small.yaml"), settings);
  }

  private void look(int jobs) {
    // Flink brings its figures up to date some seconds after it was asked for them.
    Map<String, Observed> now = observe();
    if (jobs % BETWEEN_OBSERVATIONS != 0) {
      return;
    }
    now.forEach(
        (process, figures) -> {
          observed.computeIfAbsent(process, unseen -> new ArrayList<>()).add(figures);
          print("after %d jobs: %s %s", jobs, process, figures);
        });
  }

  private Map<String, Observed> observe() {
    try {
      Map<String, Observed> now = new LinkedHashMap<>();
      for (ProcessStatus process : cluster.status().processes()) {
        if (process.role().equals(Role.HISTORY_SERVER)) {
          continue;
        }
        String path =
            process.role().equals(Role.JOB_MANAGER)
                ? "jobmanager"
                : "taskmanagers/" + process.role();
        Map<String, Double> figures = rest.figures(path, List.of(METASPACE, CLASSES));
        now.put(
            process.role().toString(),
            of(
                figures.getOrDefault(METASPACE, Double.NaN),
                figures.getOrDefault(CLASSES, Double.NaN),
                KernelFigures.of(process.pid().orElseThrow())));
      }
      now.put(
          DRIVER,
          of(
              ManagementFactory.getMemoryPoolMXBeans().stream()
                  .filter(pool -> pool.getName().equals("Metaspace"))
                  .mapToDouble(pool -> (double) pool.getUsage().getUsed())
                  .sum(),
              (double) ManagementFactory.getClassLoadingMXBean().getTotalLoadedClassCount(),
              KernelFigures.of(ProcessHandle.current().pid())));
      return now;
    } catch (IOException e) {
      throw new UncheckedIOException("a process cannot be observed", e);
    }
  }

  private static Observed of(double metaspace, double classes, KernelFigures kernel) {
    return new Observed(metaspace / MEBI, classes, kernel.threads(), kernel.openFiles());
  }

  private void printSlopes() {
    double per100 = 100.0 / BETWEEN_OBSERVATIONS;
    observed.forEach(
        (process, all) -> {
          List<Observed> warm = all.subList(Math.min(WARM_UP, all.size()), all.size());
          print(
              "growth in 100 jobs: %s %s",
              process,
              new Observed(
                  per100 * Slope.of(warm.stream().map(Observed::metaspace).toList()),
                  per100 * Slope.of(warm.stream().map(Observed::classes).toList()),
                  per100 * Slope.of(warm.stream().map(Observed::threads).toList()),
                  per100 * Slope.of(warm.stream().map(Observed::openFiles).toList())));
        });
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}

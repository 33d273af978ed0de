package io.capoflow.benchmarks;

import io.capoflow.datasets.rollouts.RolloutIntake;
import io.capoflow.pipelines.critiques.DatasetBuild;
import io.capoflow.pipelines.critiques.DatasetObserver;
import io.capoflow.pipelines.critiques.RolloutSources;
import io.capoflow.runners.engine.FlinkPipelines;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.recipe.CritiqueRecipe;
import io.capoflow.transforms.storage.Trees;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Rows a second of building a critique dataset, and its memory, where critics take no time: what
 * intake, dataflow, tables and card cost. Datasets of several sizes are made one after the other in
 * one process, so that their ratio says whether the cost of a row grows with their number.
 *
 * <pre>{@code
 * benchmarks/run CritiqueDatasetScale 2 10000 100000 1000000
 * }</pre>
 */
public final class CritiqueDatasetScale {
  private static final com.sun.management.OperatingSystemMXBean PROCESS =
      (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
  private static final int TIMES = 2;
  private static final int STEPS = 5;
  private static final double NANOS = 1e9;
  private static final double MEBI = 1 << 20;

  private CritiqueDatasetScale() {}

  /**
   * Prints a block a size. The first size warms the process up. Takes about 9 KB of disk a rollout
   * in the folder for temporary files while it runs, and leaves none.
   *
   * @param arguments slots, then numbers of rollouts
   */
  public static void main(String[] arguments) throws IOException {
    int slots = Integer.parseInt(arguments[0]);
    HeapAfterCollections heap = HeapAfterCollections.watch();
    try (FlinkPipelines flink = FlinkPipelines.embedded(slots)) {
      for (String size : List.of(arguments).subList(1, arguments.length)) {
        measure(Integer.parseInt(size), flink, heap);
      }
    }
  }

  private static void measure(int rollouts, FlinkPipelines flink, HeapAfterCollections heap)
      throws IOException {
    Path folder = Files.createTempDirectory("critique-dataset-scale");
    try {
      Path rows = folder.resolve("rollouts.jsonl");
      write(rows, rollouts);
      Path output = folder.resolve("dataset");
      BoundRecipe<CritiqueRecipe> recipe = recipe(folder);
      Stages stages = new Stages(System::nanoTime);
      heap.forget();
      ProcessMemory.forgetPeak();
      long processorStart = PROCESS.getProcessCpuTime();
      long start = System.nanoTime();
      DatasetBuild.Result built =
          new DatasetBuild(output, List.of(recipe), flink, stages)
              .withCritics(settings -> Optional.of(new InstantCritic()))
              .run(
                  Optional.of(
                      new RolloutSources(
                          RolloutIntake.files(List.of(rows.toString())),
                          Optional.empty(),
                          OptionalLong.empty(),
                          0)))
              .orElseThrow();
      double seconds = (System.nanoTime() - start) / NANOS;
      double processorSeconds = (PROCESS.getProcessCpuTime() - processorStart) / NANOS;
      System.out.printf(
          Locale.ROOT,
          "%,d rollouts: %.1f s, %,.0f rollouts/s; processor %.1f s, %,.0f rollouts/s; heap after collections at most %.0f MiB, resident at most %,d MiB%n",
          built.rollouts(),
          seconds,
          rollouts / seconds,
          processorSeconds,
          rollouts / processorSeconds,
          heap.most() / MEBI,
          ProcessMemory.peakKilobytes() >> 10);
      System.out.printf(
          Locale.ROOT,
          "  microseconds a rollout: %s%n",
          stages.end().entrySet().stream()
              .map(
                  stage ->
                      String.format(
                          Locale.ROOT,
                          "%s %.1f",
                          stage.getKey(),
                          1e6 * stage.getValue() / rollouts))
              .collect(Collectors.joining(", ")));
      System.out.printf(
          Locale.ROOT,
          "  bytes a rollout: read %d, written %s%n",
          Files.size(rows) / rollouts,
          written(output, rollouts));
    } finally {
      Trees.delete(folder);
    }
  }

  /** By what it is. */
  private static String written(Path output, int rollouts) throws IOException {
    Map<String, Long> bytes = new LinkedHashMap<>();
    try (Stream<Path> files = Files.walk(output)) {
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        String folder = output.relativize(file).getName(0).toString();
        String kind =
            file.endsWith(folder) ? "other" : folder + (isPart(file) ? "" : " bookkeeping");
        bytes.merge(kind, Files.size(file), Long::sum);
      }
    }
    return bytes.entrySet().stream()
        .map(entry -> entry.getKey() + " " + entry.getValue() / rollouts)
        .collect(Collectors.joining(", "));
  }

  private static boolean isPart(Path file) {
    return file.getFileName().toString().endsWith(".parquet");
  }

  private static BoundRecipe<CritiqueRecipe> recipe(Path folder) throws IOException {
    Path home = Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY, "."));
    Path file =
        Files.writeString(
            folder.resolve("scale.yaml"),
            """
            critique: {path: %s, template: processbench, times: %d}
            vote: {rule: majority}
            """
                .formatted(home.resolve("weights/arithmetic-critic"), TIMES));
    return CritiqueRecipe.binder().read(file, List.of());
  }

  /** Rows with a question of some 150 characters, five steps of some 80, an answer and an id. */
  private static void write(Path file, int rollouts) throws IOException {
    try (BufferedWriter lines = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
      for (int row = 0; row < rollouts; row++) {
        long sum = row;
        StringBuilder steps = new StringBuilder();
        for (int step = 0; step < STEPS; step++) {
          long next = sum + 17 + (step * 31L + row) % 89;
          steps.append(step == 0 ? "" : ", ");
          steps.append(
              "\"On day %d the farmer puts %d more apples on the cart, so now %d + %d = %d.\""
                  .formatted(step + 1, next - sum, sum, next - sum, next));
          sum = next;
        }
        lines.write(
            """
            {"id": "scale-%07d", "problem": "A farmer has %d apples on a cart. On each of the next five days he puts some more apples on it, as the rows of his book say. How many apples are there then?", "answer": "%d", "steps": [%s, "\\\\boxed{%d}"], "model": "generated"}
            """
                .formatted(row, row, sum, steps, row % 3 == 0 ? sum + 1 : sum));
      }
    }
  }

  /** When each stage was told of first. */
  private static final class Stages implements DatasetObserver {
    private final LongSupplier clock;
    private final Map<String, Double> seconds = new LinkedHashMap<>();
    private long since;
    private String stage = "begin";

    Stages(LongSupplier clock) {
      this.clock = clock;
      this.since = clock.getAsLong();
    }

    @Override
    public void say(String line) {}

    @Override
    public void progress(String now, long done, long total, String unit, String note) {
      if (!now.equals(stage)) {
        end();
        stage = now;
      }
    }

    Map<String, Double> end() {
      long now = clock.getAsLong();
      seconds.merge(stage, (now - since) / NANOS, Double::sum);
      since = now;
      return seconds;
    }
  }
}

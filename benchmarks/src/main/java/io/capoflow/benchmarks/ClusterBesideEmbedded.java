package io.capoflow.benchmarks;

import io.capoflow.benchmarks.PausedProcess.Turn;
import io.capoflow.runners.Main;
import io.capoflow.runners.cluster.ClusterSettings;
import io.capoflow.runners.cluster.ClusterStatus.ProcessStatus;
import io.capoflow.runners.cluster.LocalCluster;
import io.capoflow.runners.cluster.Role;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.transforms.storage.Trees;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * An iteration of a recipe on a cluster of this machine beside the same on the Flink inside the
 * process, in turns within one run: two drivers, each with two slots. An iteration's time is by the
 * clock from its predecessor's end to its own, with the driver, and the cluster's processes with
 * it, held in between ({@link PausedProcess}). The models do the same on both sides, so the
 * difference is what the cluster adds. Both must come to the same digests.
 *
 * <pre>{@code
 * benchmarks/run ClusterBesideEmbedded 12
 * }</pre>
 */
public final class ClusterBesideEmbedded {
  /** HotSpot compiles the dataflow's code over many iterations. */
  private static final int WARM_UP = 5;

  private static final int SLOTS = 2;
  private static final long MEMORY = 6L << 30;
  private static final String RECIPE = "benchmarks/src/main/recipes/small.yaml";

  private ClusterBesideEmbedded() {}

  /** A driver. */
  private record Side(CapoflowTraining training, List<Turn> turns) {
    void take(Turn turn, int iteration) {
      if (iteration >= WARM_UP) {
        turns.add(turn);
      }
    }

    Spread spread(ToDoubleFunction<Turn> figure) {
      return Spread.of(turns.stream().mapToDouble(figure).boxed().toList());
    }
  }

  /**
   * Prints each round's seconds, then medians, the differences, the seconds of each stage on both
   * sides, and where the cluster's go.
   *
   * @param arguments rounds, 12 when left out; workers, 1 or 2, which share the two slots, 2 when
   *     left out; settings of recipe keys for both
   */
  public static void main(String[] arguments) throws IOException {
    int rounds = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 12;
    int workers = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 2;
    List<Setting> settings = Arrays.stream(arguments).skip(2).map(Setting::parse).toList();
    Path folder = Files.createTempDirectory("cluster-beside-embedded");
    ClusterSettings wanted =
        ClusterSettings.in(folder.resolve("cluster"))
            .withWorkers(workers, SLOTS / workers)
            .withPort(0)
            .withMemory(MEMORY);
    try (LocalCluster cluster = LocalCluster.up(wanted, progress -> {})) {
      print("%d workers, %s", workers, cluster.memory());
      measure(rounds, settings, folder, cluster);
    } finally {
      Trees.delete(folder);
    }
  }

  private static void measure(int rounds, List<Setting> settings, Path folder, LocalCluster cluster)
      throws IOException {
    Side embedded = side(folder.resolve("embedded"), rounds, settings);
    Side clustered =
        side(
            folder.resolve("clustered"),
            rounds,
            Stream.concat(
                    settings.stream(),
                    Stream.of(Setting.parse("execution.flink_master=" + cluster.address())))
                .toList());
    List<Long> starts = new ArrayList<>();
    List<Long> ends = new ArrayList<>();
    try (PausedProcess here = start(embedded, folder.resolve("embedded.err"), List.of());
        PausedProcess there = start(clustered, folder.resolve("clustered.err"), pids(cluster))) {
      for (int iteration = 0; iteration < WARM_UP + rounds; iteration++) {
        embedded.take(here.turn(CapoflowTraining::endsIteration), iteration);
        starts.add(System.currentTimeMillis());
        clustered.take(there.turn(CapoflowTraining::endsIteration), iteration);
        ends.add(System.currentTimeMillis());
        if (iteration >= WARM_UP) {
          int round = iteration - WARM_UP;
          print(
              "round %d: embedded %.2f s, cluster %.2f s; of processors %.2f s and %.2f s",
              round + 1,
              embedded.turns().get(round).seconds(),
              clustered.turns().get(round).seconds(),
              embedded.turns().get(round).processorSeconds(),
              clustered.turns().get(round).processorSeconds());
        }
      }
      here.finish();
      there.finish();
    }
    requireEqual(embedded, clustered);
    show("embedded", embedded);
    show("cluster", clustered);
    List<Double> differences =
        IntStream.range(0, rounds)
            .mapToObj(r -> clustered.turns().get(r).seconds() - embedded.turns().get(r).seconds())
            .toList();
    print("the cluster takes %s s more an iteration", Spread.of(differences).text("%.2f"));
    showPhases(
        new FlinkRest(cluster.address())
            .jobs("clustered iteration ")
            .subList(WARM_UP, WARM_UP + rounds),
        starts.subList(WARM_UP, starts.size()),
        ends.subList(WARM_UP, ends.size()));
    print("load %s", Files.readString(Path.of("/proc/loadavg")).strip());
  }

  private static Side side(Path directory, int rounds, List<Setting> settings) {
    List<Setting> all = new ArrayList<>(settings);
    all.add(Setting.parse("execution.parallelism=" + SLOTS));
    return new Side(
        new CapoflowTraining(home(), RECIPE, directory, WARM_UP + rounds, all), new ArrayList<>());
  }

  private static Path home() {
    return Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY, "."));
  }

  /** With the code of this process, which is the cluster's: another build would be refused. */
  private static PausedProcess start(Side side, Path messages, List<Long> helpers)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(side.training().arguments());
    return new PausedProcess(
        side.training().directory().getFileName().toString(),
        command,
        Map.of("OMP_WAIT_POLICY", "PASSIVE"),
        messages,
        helpers);
  }

  private static List<Long> pids(LocalCluster cluster) {
    return cluster.status().processes().stream()
        .filter(process -> process.role().kind() != Role.Kind.HISTORY_SERVER)
        .map(ProcessStatus::pid)
        .map(pid -> pid.orElseThrow())
        .toList();
  }

  private static void requireEqual(Side embedded, Side clustered) {
    if (!embedded.training().run().digests().equals(clustered.training().run().digests())) {
      throw new IllegalStateException("cluster and embedded Flink came to different digests");
    }
  }

  private static void show(String name, Side side) {
    Map<String, List<Double>> stages = new TreeMap<>();
    for (int round = 0; round < side.turns().size(); round++) {
      side.training()
          .figures(WARM_UP + round)
          .forEach(
              (figure, value) -> {
                // The driver's own clock for all else goes on while it is held.
                if (figure.startsWith("seconds_") && !figure.equals("seconds_dataflow")) {
                  stages.computeIfAbsent(figure, unused -> new ArrayList<>()).add(value);
                }
              });
    }
    StringBuilder text = new StringBuilder();
    stages.forEach(
        (figure, seconds) ->
            text.append(
                String.format(Locale.ROOT, ", %s %.2f", figure, Spread.of(seconds).median())));
    print(
        "%s: %s s an iteration, of processors %s s%s",
        name,
        side.spread(Turn::seconds).text("%.2f"),
        side.spread(Turn::processorSeconds).text("%.2f"),
        text);
  }

  /** Medians, of the cluster's side. */
  private static void showPhases(List<FlinkRest.Job> jobs, List<Long> starts, List<Long> ends) {
    Map<String, List<Double>> phases = new TreeMap<>();
    for (int round = 0; round < jobs.size(); round++) {
      FlinkRest.Job job = jobs.get(round);
      long[] moments = {
        starts.get(round),
        job.at("INITIALIZING"),
        job.at("RUNNING"),
        job.firstTask(),
        job.at("FINISHED"),
        ends.get(round)
      };
      String[] names = {
        "1 the driver plans and hands over",
        "2 the JobManager takes the job",
        "3 it gives out slots",
        "4 tasks begin and end",
        "5 the driver hears of the end and closes"
      };
      for (int phase = 0; phase < names.length; phase++) {
        phases
            .computeIfAbsent(names[phase], unused -> new ArrayList<>())
            .add((moments[phase + 1] - moments[phase]) / 1e3);
      }
    }
    print("on the cluster, %d stages of %d tasks:", jobs.get(0).stages(), jobs.get(0).tasks());
    phases.forEach((phase, seconds) -> print("  %s: %s s", phase, Spread.of(seconds).text("%.2f")));
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}

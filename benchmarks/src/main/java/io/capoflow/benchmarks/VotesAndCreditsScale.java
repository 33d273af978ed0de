package io.capoflow.benchmarks;

import io.capoflow.pipelines.execution.JobName;
import io.capoflow.pipelines.execution.PipelineWatch;
import io.capoflow.runners.cluster.ClusterSettings;
import io.capoflow.runners.cluster.LocalCluster;
import io.capoflow.runners.engine.EnginePipelines;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.settings.recipe.ExecutionSection;
import io.capoflow.transforms.credit.AssignCredit;
import io.capoflow.transforms.storage.CommitShards;
import io.capoflow.transforms.storage.ReadShards;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import io.capoflow.transforms.storage.Trees;
import io.capoflow.transforms.vote.VoteOnSteps;
import io.capoflow.transforms.vote.VotingRules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;

/**
 * Votes and credits of many rollouts on a cluster of this machine whose workers have 1 GB of heap
 * for rows: rollouts a second, shuffled bytes, and disk. Rollouts, verdicts and critiques are
 * {@link GeneratedEvidence} that workers have committed as shards before. The measured job reads
 * them, votes, assigns credit and commits both stages as an iteration of training does. Sizes are
 * worked at one after the other on one cluster; of a size that comes twice the digests must agree.
 *
 * <pre>{@code
 * benchmarks/run VotesAndCreditsScale 2 30000 30000 300000
 * }</pre>
 */
public final class VotesAndCreditsScale {
  private static final GeneratedEvidence EVIDENCE = new GeneratedEvidence(16, 4);

  /** As an iteration of many problems would have: 1,024 rollouts a shard. */
  private static final int PROBLEMS_PER_SHARD = 64;

  /** {@link ClusterSettings} gives each of so many workers 1 GiB of heap for rows. */
  private static final long MEBIBYTES_OF_A_WORKER = 5056;

  private static final long MEBIBYTES_OF_THE_OTHERS = 1216;
  private static final int PATIENCE_SECONDS = 60;
  private static final double NANOS = 1e9;
  private static final double GIGA = 1e9;

  private final LocalCluster cluster;
  private final EnginePipelines flink;
  private final FlinkRest rest;

  private VotesAndCreditsScale(LocalCluster cluster, EnginePipelines flink) {
    this.cluster = cluster;
    this.flink = flink;
    this.rest = new FlinkRest(cluster.address());
  }

  /**
   * Prints a block a size. The first size warms the workers up. Takes about 30 KB of disk a rollout
   * while it runs, in the folder for temporary files, and leaves none.
   *
   * @param arguments workers of one slot each, then numbers of rollouts, multiples of 16
   */
  public static void main(String[] arguments) throws IOException {
    int workers = Integer.parseInt(arguments[0]);
    Path folder = Files.createTempDirectory("votes-and-credits-scale");
    ClusterSettings settings =
        ClusterSettings.in(folder.resolve("cluster"))
            .withWorkers(workers, 1)
            .withPort(0)
            .withMemory((workers * MEBIBYTES_OF_A_WORKER + MEBIBYTES_OF_THE_OTHERS) << 20);
    try (LocalCluster cluster = LocalCluster.up(settings, progress -> {})) {
      print("%d workers of one slot, %s", workers, cluster.memory());
      ExecutionSection execution =
          new ExecutionSection(
              ExecutionSection.Runner.FLINK,
              workers,
              Optional.of(cluster.address()),
              PATIENCE_SECONDS);
      try (EnginePipelines flink =
          EnginePipelines.of(execution, notice -> System.err.println(notice))) {
        VotesAndCreditsScale scale = new VotesAndCreditsScale(cluster, flink);
        Measured before = null;
        for (String size : List.of(arguments).subList(1, arguments.length)) {
          Measured now = scale.measure(Integer.parseInt(size), folder);
          if (before != null) {
            now.beside(before);
          }
          before = now;
        }
      }
    } finally {
      Trees.delete(folder);
    }
  }

  /** A size and what came of it. */
  private record Measured(int rollouts, double seconds, double processorSeconds, String digests) {
    void beside(Measured before) {
      double times = (double) rollouts / before.rollouts();
      print(
          "  beside the size before: %.1f times the rollouts, a rollout takes %.2f times as long, %.2f times the processor",
          times,
          seconds / before.seconds() / times,
          processorSeconds / before.processorSeconds() / times);
      if (rollouts == before.rollouts() && !digests.equals(before.digests())) {
        throw new IllegalStateException("the same rollouts gave other votes or credits");
      }
    }
  }

  private Measured measure(int rollouts, Path folder) throws IOException {
    int problems = rollouts / EVIDENCE.samples();
    ShardPlan plan =
        ShardPlan.of(
            IntStream.range(0, problems).mapToObj(GeneratedEvidence::problemId).toList(),
            PROBLEMS_PER_SHARD);
    RunDirectory run = RunDirectory.at(folder.resolve("run"));
    try {
      prepare(run, plan, problems);
      Disk disk = new Disk(cluster.directory().resolve("temporary"));
      double processor = processorSeconds();
      JobName name = new JobName(run.root(), "votes and credits of " + rollouts);
      long start = System.nanoTime();
      PipelineWatch.run(pipeline(run, plan, name), disk::look);
      double seconds = (System.nanoTime() - start) / NANOS;
      processor = processorSeconds() - processor;
      start = System.nanoTime();
      String digests = close(run, plan, Stage.VOTES) + " " + close(run, plan, Stage.CREDITS);
      double closing = (System.nanoTime() - start) / NANOS;
      FlinkRest.Job job = rest.jobs(name.text()).get(0);
      print(
          "%,d rollouts: %.1f s, %,.0f rollouts/s; processor of the workers %.1f s, %.2f ms a rollout; closing both stages in the driver %.1f s",
          rollouts, seconds, rollouts / seconds, processor, 1e3 * processor / rollouts, closing);
      print(
          "  shuffled by key %.2f GB, %.1f KB a rollout, between all tasks %.2f GB; most on disk at a time: shuffles %.2f GB, spilled by sorters %.2f GB; %s",
          job.shuffledBytes() / GIGA,
          job.shuffledBytes() / 1e3 / rollouts,
          job.bytesBetweenTasks() / GIGA,
          disk.mostShuffled / GIGA,
          disk.mostSpilled / GIGA,
          memory());
      print(
          "  in the run's directory: %s; load %s",
          Stream.of(Stage.ROLLOUTS, Stage.VERDICTS, Stage.CRITIQUES, Stage.VOTES, Stage.CREDITS)
              .map(
                  stage ->
                      String.format(
                          Locale.ROOT,
                          "%s %.2f GB",
                          stage.folder(),
                          Disk.bytes(run.stage(0, stage)) / GIGA))
              .toList(),
          Files.readString(Path.of("/proc/loadavg")).strip());
      print("  votes and credits %s", digests);
      return new Measured(rollouts, seconds, processor, digests);
    } finally {
      Trees.delete(run.root());
    }
  }

  private void prepare(RunDirectory run, ShardPlan plan, int problems) {
    Pipeline pipeline = flink.create(new JobName(run.root(), "prepare " + problems));
    pipeline
        .apply(
            "Shards",
            Create.of(IntStream.range(0, plan.shards()).boxed().toList())
                .withCoder(VarIntCoder.of()))
        .apply("Spread", Reshuffle.viaRandomKey())
        .apply("Write", ParDo.of(new WriteEvidence(run, EVIDENCE, PROBLEMS_PER_SHARD, problems)))
        .setCoder(VarIntCoder.of());
    long start = System.nanoTime();
    PipelineWatch.run(pipeline, () -> {});
    for (Stage<?> stage : List.of(Stage.ROLLOUTS, Stage.VERDICTS, Stage.CRITIQUES)) {
      close(run, plan, stage);
    }
    print("(%,d problems were prepared in %.0f s)", problems, (System.nanoTime() - start) / NANOS);
  }

  /** As in an iteration of training, with the rows of what models do read instead. */
  private Pipeline pipeline(RunDirectory run, ShardPlan plan, JobName name) {
    Pipeline pipeline = flink.create(name);
    PCollection<Rollout> rollouts = pipeline.apply("Rollouts", read(run, plan, Stage.ROLLOUTS));
    PCollectionTuple evidence =
        PCollectionTuple.of(AssignCredit.ROLLOUTS, rollouts)
            .and(AssignCredit.VERDICTS, pipeline.apply("Verdicts", read(run, plan, Stage.VERDICTS)))
            .and(
                AssignCredit.VOTES,
                PCollectionTuple.of(VoteOnSteps.ROLLOUTS, rollouts)
                    .and(
                        VoteOnSteps.CRITIQUES,
                        pipeline.apply("Critiques", read(run, plan, Stage.CRITIQUES)))
                    .apply(
                        "VoteOnSteps",
                        VoteOnSteps.by(VotingRules.named("intersection"))
                            .withCritiques(EVIDENCE.critiques()))
                    .apply(CommitShards.into(run.shards(0, Stage.VOTES), plan)));
    evidence
        .apply("AssignCredit", AssignCredit.capo(2, 1))
        .apply(CommitShards.into(run.shards(0, Stage.CREDITS), plan))
        // Else Beam hands the rows to a sink that throws them away.
        .apply("Drop", Filter.by(credited -> false));
    return pipeline;
  }

  private static <T extends SpecificRecordBase> ReadShards<T> read(
      RunDirectory run, ShardPlan plan, Stage<T> stage) {
    return ReadShards.of(run.shards(0, stage), 0, plan.shards());
  }

  private static <T extends SpecificRecordBase> String close(
      RunDirectory run, ShardPlan plan, Stage<T> stage) {
    return StageManifest.close(run.shards(0, stage), plan.shards(), Digests.ofParts("scale"))
        .digest();
  }

  private double processorSeconds() throws IOException {
    double seconds = 0;
    for (LocalCluster.TaskManager worker : cluster.taskManagers()) {
      seconds += KernelFigures.of(worker.pid()).processorSeconds();
    }
    return seconds;
  }

  /** Of the workers, since they began. */
  private String memory() throws IOException {
    StringBuilder text = new StringBuilder("peak resident");
    for (LocalCluster.TaskManager worker : cluster.taskManagers()) {
      text.append(
          String.format(
              Locale.ROOT, " %,d MiB", KernelFigures.of(worker.pid()).peakKilobytes() >> 10));
    }
    return text.toString();
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  /** What lies on the workers' disk, looked at every second. */
  private static final class Disk {
    private static final long BETWEEN_LOOKS_NANOS = 1_000_000_000;

    /** Flink's folder of what tasks give to tasks of another stage. */
    private static final String SHUFFLES = "flink-netty-shuffle-";

    /** Flink's folder of what sorters and hash tables have no memory for. */
    private static final String SPILLS = "flink-io-";

    private final Path folder;
    private long lastLook = System.nanoTime();
    private long mostShuffled;
    private long mostSpilled;

    Disk(Path folder) {
      this.folder = folder;
    }

    void look() {
      if (System.nanoTime() - lastLook < BETWEEN_LOOKS_NANOS) {
        return;
      }
      lastLook = System.nanoTime();
      mostShuffled = Math.max(mostShuffled, bytes(folder, SHUFFLES));
      mostSpilled = Math.max(mostSpilled, bytes(folder, SPILLS));
    }

    static long bytes(Path folder) {
      return bytes(folder, "");
    }

    private static long bytes(Path folder, String below) {
      try (Stream<Path> files = Files.walk(folder)) {
        return files
            .filter(file -> folder.relativize(file).toString().contains(below))
            .mapToLong(file -> file.toFile().length())
            .sum();
      } catch (NoSuchFileException | UncheckedIOException goneMeanwhile) {
        return 0;
      } catch (IOException e) {
        throw new UncheckedIOException("cannot look into " + folder, e);
      }
    }
  }
}

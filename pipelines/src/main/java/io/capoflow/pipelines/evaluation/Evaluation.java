package io.capoflow.pipelines.evaluation;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.policy.Policy.SampleRequest;
import io.capoflow.models.policy.PolicySource;
import io.capoflow.models.steps.StepSplitters;
import io.capoflow.pipelines.execution.JobName;
import io.capoflow.pipelines.execution.PipelineFactory;
import io.capoflow.pipelines.execution.PipelineWatch;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.sample.SampleRollouts;
import io.capoflow.transforms.storage.CommitShards;
import io.capoflow.transforms.storage.ProblemRows;
import io.capoflow.transforms.storage.ReadProblems;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import io.capoflow.transforms.verify.VerifyAnswers;
import java.nio.file.Path;
import java.util.function.IntConsumer;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.values.PCollection;

/**
 * Measures a policy on problems: one greedy response each, and some sampled ones. A dataflow like
 * training's first two stages, memoised like them, so that measuring the same policy again reads
 * what is there.
 */
public final class Evaluation {
  /** Problems of a shard: part of what decides the logits' last bits, hence fixed. */
  public static final int SHARD_PROBLEMS = 25;

  /** Responses that are decoded at a time, at most; fixed for the same reason. */
  public static final int MAX_ROWS = 128;

  private final PipelineFactory pipelines;
  private final Path owner;
  private final EvaluationSettings settings;

  /**
   * @param owner directory whose driver measures: of a run, or where the measurement is kept
   */
  public Evaluation(PipelineFactory pipelines, Path owner, EvaluationSettings settings) {
    this.pipelines = requireNonNull(pipelines, "pipelines");
    this.owner = requireNonNull(owner, "owner");
    this.settings = requireNonNull(settings, "settings");
  }

  /** Shards that one measurement of so many problems has: what progress counts up to. */
  public static int shards(int problems) {
    return 2 * ShardPlan.shards(problems, SHARD_PROBLEMS);
  }

  /**
   * Measures a policy.
   *
   * @param version as the kept rollouts name it
   * @param problems that are asked, in a file that every worker sees
   * @param directory where rollouts and verdicts are kept
   * @param progress is told how many shards are sampled
   * @throws UserMistake when there are no problems
   */
  public EvaluationFigures measure(
      PolicySource policy,
      String version,
      ProblemRows problems,
      Path directory,
      IntConsumer progress) {
    return measure(policy, version, problems, directory, () -> {}, progress);
  }

  /**
   * The same, with work for the calling thread while the dataflow is planned and begins.
   *
   * @param meanwhile is run once
   */
  public EvaluationFigures measure(
      PolicySource policy,
      String version,
      ProblemRows problems,
      Path directory,
      Runnable meanwhile,
      IntConsumer progress) {
    if (problems.count() == 0) {
      throw new UserMistake(
          "there are no problems to measure with: set problems.held_out, or name a file of problems");
    }
    ShardPlan plan = ShardPlan.of(problems, SHARD_PROBLEMS);
    Pass greedy = new Pass(directory.resolve("greedy"), 1, settings.greedy(), plan);
    Pass sampled =
        new Pass(directory.resolve("sampled"), settings.samples(), settings.sampling(), plan);

    Pipeline pipeline = pipelines.create(new JobName(owner, "evaluation of " + version));
    PCollection<Problem> asked = pipeline.apply("Problems", ReadProblems.of(problems));
    greedy.build("greedy", asked, policy, version);
    sampled.build("sampled", asked, policy, version);
    PipelineWatch.run(
        pipeline,
        meanwhile,
        () -> progress.accept(greedy.rollouts().committed() + sampled.rollouts().committed()));
    greedy.close();
    sampled.close();
    return EvaluationFigures.read(directory, StepSplitters.named(settings.splitter()));
  }

  /** One way of sampling, with its verdicts. */
  private final class Pass {
    private final Path directory;
    private final int samples;
    private final SamplingParameters sampling;
    private final ShardPlan plan;

    Pass(Path directory, int samples, SamplingParameters sampling, ShardPlan plan) {
      this.directory = directory;
      this.samples = samples;
      this.sampling = sampling;
      this.plan = plan;
    }

    ShardStore<Rollout> rollouts() {
      return new ShardStore<>(directory.resolve(Stage.ROLLOUTS.folder()), Stage.ROLLOUTS);
    }

    private ShardStore<Verdict> verdicts() {
      return new ShardStore<>(directory.resolve(Stage.VERDICTS.folder()), Stage.VERDICTS);
    }

    void build(String name, PCollection<Problem> problems, PolicySource policy, String version) {
      long seed = Draws.key(settings.seed(), "evaluation", name);
      SampleRequest request =
          new SampleRequest("evaluation", 0, version, samples, sampling, MAX_ROWS, seed);
      problems
          .apply(
              "Sample " + name,
              SampleRollouts.from(policy).withRequest(request).withShards(plan, rollouts()))
          .apply(
              "Verify " + name,
              VerifyAnswers.with(settings.verifier()).withOptions(settings.verifierOptions()))
          .apply("Keep " + name, CommitShards.into(verdicts(), plan));
    }

    void close() {
      close(rollouts());
      close(verdicts());
    }

    private void close(ShardStore<?> store) {
      StageManifest.close(store, plan.shards(), settings.toString());
    }
  }
}

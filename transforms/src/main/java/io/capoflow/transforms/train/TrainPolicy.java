package io.capoflow.transforms.train;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.PolicyVersion;
import io.capoflow.schemas.ResponseLogProbabilities;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.TrainingBatch;
import io.capoflow.transforms.MissingSetting;
import io.capoflow.transforms.logging.LogScope;
import io.capoflow.transforms.metrics.StageFigure;
import io.capoflow.transforms.metrics.StageMetrics;
import io.capoflow.transforms.storage.Commitment;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.storage.ShardStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.TupleTag;

/**
 * Trains the policy on an iteration's batches and commits its next version (docs/method.md, "One
 * iteration", step 6).
 *
 * <pre>{@code
 * PCollection<PolicyVersion> next =
 *     PCollectionTuple.of(TrainPolicy.BATCHES, batches)
 *         .and(TrainPolicy.LOG_PROBABILITIES, logProbabilities) // left out where none are asked
 *         .apply(
 *             TrainPolicy.from(run.policies())
 *                 .withRollouts(run.shards(3, Stage.ROLLOUTS))
 *                 .withCredits(run.shards(3, Stage.CREDITS))
 *                 .withLogProbabilities(run.shards(3, Stage.LOG_PROBABILITIES))
 *                 .withSettings(settings)
 *                 .withSeed(seed)
 *                 .withIteration(3));
 * }</pre>
 *
 * Batches are references, so the rows that they name are read from the stores of rollouts (token
 * ids, log-probabilities), of credits (advantages) and of log-probabilities (old and reference).
 * Rollouts and credits must be committed before the first batch is planned; for log-probabilities
 * the update waits. A version that is committed already is returned as it is, so a retry never
 * steps twice. {@link PolicyUpdate} holds the logic. Immutable.
 */
public final class TrainPolicy extends PTransform<PCollectionTuple, PCollection<PolicyVersion>> {
  /** The plan of the update. */
  public static final TupleTag<TrainingBatch> BATCHES = new TupleTag<>("batches") {};

  /** What the update waits for: all of them are committed when they are here. */
  public static final TupleTag<ResponseLogProbabilities> LOG_PROBABILITIES =
      new TupleTag<>("log-probabilities") {};

  private static final String VERB = "train";

  private final PolicyStore policies;
  private final Optional<ShardStore<Rollout>> rollouts;
  private final Optional<ShardStore<CreditedRollout>> credits;
  private final Optional<ShardStore<ResponseLogProbabilities>> logProbabilities;
  private final Optional<TrainingSettings> settings;
  private final OptionalLong seed;
  private final OptionalInt iteration;

  private TrainPolicy(
      PolicyStore policies,
      Optional<ShardStore<Rollout>> rollouts,
      Optional<ShardStore<CreditedRollout>> credits,
      Optional<ShardStore<ResponseLogProbabilities>> logProbabilities,
      Optional<TrainingSettings> settings,
      OptionalLong seed,
      OptionalInt iteration) {
    this.policies = requireNonNull(policies, "policies");
    this.rollouts = rollouts;
    this.credits = credits;
    this.logProbabilities = logProbabilities;
    this.settings = settings;
    this.seed = seed;
    this.iteration = iteration;
  }

  /** From the iteration's version v_k in this store, where v_(k+1) will be. */
  public static TrainPolicy from(PolicyStore policies) {
    return new TrainPolicy(
        policies,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        OptionalLong.empty(),
        OptionalInt.empty());
  }

  /** With the rollouts that the batches name. */
  public TrainPolicy withRollouts(ShardStore<Rollout> rollouts) {
    return new TrainPolicy(
        policies, Optional.of(rollouts), credits, logProbabilities, settings, seed, iteration);
  }

  /** With the credits of those rollouts. */
  public TrainPolicy withCredits(ShardStore<CreditedRollout> credits) {
    return new TrainPolicy(
        policies, rollouts, Optional.of(credits), logProbabilities, settings, seed, iteration);
  }

  /**
   * With the old and reference log-probabilities of those rollouts: nothing is in that store where
   * the update is one step without a KL term.
   */
  public TrainPolicy withLogProbabilities(ShardStore<ResponseLogProbabilities> logProbabilities) {
    return new TrainPolicy(
        policies, rollouts, credits, Optional.of(logProbabilities), settings, seed, iteration);
  }

  /** With this objective, optimizer and the rest that a recipe says. */
  public TrainPolicy withSettings(TrainingSettings settings) {
    return new TrainPolicy(
        policies, rollouts, credits, logProbabilities, Optional.of(settings), seed, iteration);
  }

  /** With draws of this seed: those of a fresh adapter. */
  public TrainPolicy withSeed(long seed) {
    return new TrainPolicy(
        policies, rollouts, credits, logProbabilities, settings, OptionalLong.of(seed), iteration);
  }

  /** With iteration k: policy v_k is read, v_(k+1) is committed. */
  public TrainPolicy withIteration(int iteration) {
    return new TrainPolicy(
        policies, rollouts, credits, logProbabilities, settings, seed, OptionalInt.of(iteration));
  }

  /**
   * {@inheritDoc}
   *
   * @throws MissingSetting when a store, the settings, seed or iteration were not named
   */
  @Override
  public PCollection<PolicyVersion> expand(PCollectionTuple input) {
    TrainingSpec spec = spec();
    // A side input rather than a group: an iteration that leaves nothing to train on has no group,
    // and still commits its version.
    PCollectionView<Iterable<TrainingBatch>> batches =
        input.get(BATCHES).apply("Gather batches", View.asIterable());
    List<PCollectionView<Long>> awaited = new ArrayList<>();
    if (input.has(LOG_PROBABILITIES)) {
      // The rows are read from their store: how many there are is known when the last one is.
      awaited.add(
          input
              .get(LOG_PROBABILITIES)
              .apply(
                  "Await log-probabilities",
                  Combine.globally(Count.<ResponseLogProbabilities>combineFn()).asSingletonView()));
    }
    return input
        .getPipeline()
        .apply(
            "Iteration " + spec.iteration(),
            Create.of(spec.iteration()).withCoder(VarIntCoder.of()))
        .apply(
            "Update",
            ParDo.of(new Update(spec, batches, awaited))
                .withSideInputs(batches)
                .withSideInputs(awaited))
        .setCoder(RowCoder.of(PolicyVersion.class));
  }

  private TrainingSpec spec() {
    return new TrainingSpec(
        policies,
        rollouts.orElseThrow(() -> missing("store of rollouts", "withRollouts")),
        credits.orElseThrow(() -> missing("store of credits", "withCredits")),
        logProbabilities.orElseThrow(
            () -> missing("store of log-probabilities", "withLogProbabilities")),
        settings.orElseThrow(() -> missing("settings", "withSettings")),
        seed.orElseThrow(() -> missing("seed", "withSeed")),
        iteration.orElseThrow(() -> missing("iteration", "withIteration")));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("policies", policies.directory().toString()));
    settings.ifPresent(
        chosen -> {
          builder.add(DisplayData.item("device", chosen.device()));
          builder.add(DisplayData.item("objective", chosen.objective().toString()));
          builder.add(DisplayData.item("optimizer", chosen.optimizer().toString()));
          builder.add(DisplayData.item("schedule", chosen.schedule().toString()));
          builder.add(DisplayData.item("lora", chosen.lora().toString()));
        });
    seed.ifPresent(value -> builder.add(DisplayData.item("seed", value)));
    iteration.ifPresent(value -> builder.add(DisplayData.item("iteration", value)));
  }

  private static MissingSetting missing(String setting, String method) {
    return new MissingSetting("TrainPolicy", setting, method);
  }

  private static final class Update extends DoFn<Integer, PolicyVersion> {
    private final TrainingSpec spec;
    private final PCollectionView<Iterable<TrainingBatch>> batches;
    private final List<PCollectionView<Long>> awaited;
    private final StageMetrics metrics = StageMetrics.of(VERB);

    Update(
        TrainingSpec spec,
        PCollectionView<Iterable<TrainingBatch>> batches,
        List<PCollectionView<Long>> awaited) {
      this.spec = spec;
      this.batches = batches;
      this.awaited = awaited;
    }

    @ProcessElement
    public void process(ProcessContext context, PipelineOptions options) {
      List<TrainingBatch> all = new ArrayList<>();
      context.sideInput(batches).forEach(all::add);
      awaited.forEach(context::sideInput);
      PolicyUpdate.Outcome outcome;
      try (LogScope scope = LogScope.of(options, VERB)) {
        outcome = new PolicyUpdate(spec).update(all);
      }
      count(outcome);
      context.output(outcome.version());
    }

    private void count(PolicyUpdate.Outcome outcome) {
      metrics.add(outcome.how().figure(), 1);
      if (outcome.how() != Commitment.READ) {
        metrics.update(StageFigure.MODEL_MILLIS, outcome.millis());
      }
      if (outcome.loaded()) {
        metrics.addLoad(StageFigure.LEARNER_LOADS);
      }
      metrics.addOfProcess();
    }
  }
}

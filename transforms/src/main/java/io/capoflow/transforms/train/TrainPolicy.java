package io.capoflow.transforms.train;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.PolicyVersion;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.TrainingBatch;
import io.capoflow.transforms.MissingSetting;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.storage.ShardStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;

/**
 * Trains the policy on an iteration's batches and commits its next version (docs/method.md, "One
 * iteration", step 6).
 *
 * <pre>{@code
 * PCollection<PolicyVersion> next =
 *     batches.apply(
 *         TrainPolicy.from(run.policies())
 *             .withRollouts(run.shards(3, Stage.ROLLOUTS))
 *             .withCredits(run.shards(3, Stage.CREDITS))
 *             .withSettings(settings)
 *             .withSeed(seed)
 *             .withIteration(3));
 * }</pre>
 *
 * Batches are references, so the rows that they name are read from the stores of rollouts (token
 * ids, log-probabilities) and credits (advantages): both must be committed before the first batch
 * is planned. A version that is committed already is returned as it is, so a retry never steps
 * twice. {@link PolicyUpdate} holds the logic. Immutable.
 */
public final class TrainPolicy
    extends PTransform<PCollection<TrainingBatch>, PCollection<PolicyVersion>> {
  private final PolicyStore policies;
  private final Optional<ShardStore<Rollout>> rollouts;
  private final Optional<ShardStore<CreditedRollout>> credits;
  private final Optional<TrainingSettings> settings;
  private final OptionalLong seed;
  private final OptionalInt iteration;

  private TrainPolicy(
      PolicyStore policies,
      Optional<ShardStore<Rollout>> rollouts,
      Optional<ShardStore<CreditedRollout>> credits,
      Optional<TrainingSettings> settings,
      OptionalLong seed,
      OptionalInt iteration) {
    this.policies = requireNonNull(policies, "policies");
    this.rollouts = rollouts;
    this.credits = credits;
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
        OptionalLong.empty(),
        OptionalInt.empty());
  }

  /** With the rollouts that the batches name. */
  public TrainPolicy withRollouts(ShardStore<Rollout> rollouts) {
    return new TrainPolicy(policies, Optional.of(rollouts), credits, settings, seed, iteration);
  }

  /** With the credits of those rollouts. */
  public TrainPolicy withCredits(ShardStore<CreditedRollout> credits) {
    return new TrainPolicy(policies, rollouts, Optional.of(credits), settings, seed, iteration);
  }

  /** With this objective, optimizer and the rest that a recipe says. */
  public TrainPolicy withSettings(TrainingSettings settings) {
    return new TrainPolicy(policies, rollouts, credits, Optional.of(settings), seed, iteration);
  }

  /** With draws of this seed: those of a fresh adapter. */
  public TrainPolicy withSeed(long seed) {
    return new TrainPolicy(policies, rollouts, credits, settings, OptionalLong.of(seed), iteration);
  }

  /** With iteration k: policy v_k is read, v_(k+1) is committed. */
  public TrainPolicy withIteration(int iteration) {
    return new TrainPolicy(policies, rollouts, credits, settings, seed, OptionalInt.of(iteration));
  }

  /**
   * {@inheritDoc}
   *
   * @throws MissingSetting when a store, the settings, seed or iteration were not named
   */
  @Override
  public PCollection<PolicyVersion> expand(PCollection<TrainingBatch> batches) {
    TrainingSpec spec = spec();
    // A side input rather than a group: an iteration that leaves nothing to train on has no group,
    // and still commits its version.
    PCollectionView<Iterable<TrainingBatch>> view =
        batches.apply("Gather batches", View.asIterable());
    return batches
        .getPipeline()
        .apply(
            "Iteration " + spec.iteration(),
            Create.of(spec.iteration()).withCoder(VarIntCoder.of()))
        .apply("Update", ParDo.of(new Update(spec, view)).withSideInputs(view))
        .setCoder(RowCoder.of(PolicyVersion.class));
  }

  private TrainingSpec spec() {
    return new TrainingSpec(
        policies,
        rollouts.orElseThrow(() -> missing("store of rollouts", "withRollouts")),
        credits.orElseThrow(() -> missing("store of credits", "withCredits")),
        settings.orElseThrow(() -> missing("settings", "withSettings")),
        seed.orElseThrow(() -> missing("seed", "withSeed")),
        iteration.orElseThrow(() -> missing("iteration", "withIteration")));
  }

  private static MissingSetting missing(String setting, String method) {
    return new MissingSetting("TrainPolicy", setting, method);
  }

  private static final class Update extends DoFn<Integer, PolicyVersion> {
    private final TrainingSpec spec;
    private final PCollectionView<Iterable<TrainingBatch>> batches;

    Update(TrainingSpec spec, PCollectionView<Iterable<TrainingBatch>> batches) {
      this.spec = spec;
      this.batches = batches;
    }

    @ProcessElement
    public void process(ProcessContext context) {
      List<TrainingBatch> all = new ArrayList<>();
      context.sideInput(batches).forEach(all::add);
      context.output(new PolicyUpdate(spec).run(all));
    }
  }
}

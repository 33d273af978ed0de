package io.capoflow.transforms.train;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.learning.DivergenceException;
import io.capoflow.models.learning.OptimizerState;
import io.capoflow.models.learning.PolicyLearner;
import io.capoflow.models.learning.UpdateStatistics;
import io.capoflow.models.tensor.Torch;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.PolicyVersion;
import io.capoflow.schemas.TrainingBatch;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.Commitment;
import io.capoflow.transforms.storage.Faults;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.TrainerState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One iteration's policy update: reads v_k and the committed rollouts and credits, takes the
 * optimizer steps that the batches plan, in their order, and commits v_(k+1).
 *
 * <p>Old log-probabilities (and the reference's, where β > 0) are committed before the first step,
 * by the same forward as training; so the first mini-batch must see ρ = 1, but for what {@link
 * RatioBound} allows. In an iteration of one step the step's own are old.
 *
 * <p>What has learned stays loaded for the next iteration's update in this process, see {@link
 * LoadedLearner}.
 *
 * <p>Where an adapter is trained, v_0 is a checkpoint, which gets a fresh one, and later versions
 * hold the adapter alone.
 */
public final class PolicyUpdate {
  private final TrainingSpec spec;
  private final TrainingSettings settings;

  public PolicyUpdate(TrainingSpec spec) {
    this.spec = requireNonNull(spec, "spec");
    this.settings = spec.settings();
  }

  /**
   * Trains and commits, or returns what is committed already.
   *
   * @param batches of the iteration, in any order
   * @throws UserMistake when training diverges, or what it needs to go on was deleted, or this
   *     process computes in other numerics
   */
  public PolicyVersion run(List<TrainingBatch> batches) {
    return update(batches).version();
  }

  /** Does the same and says how the version came to be. */
  Outcome update(List<TrainingBatch> batches) {
    long start = System.nanoTime();
    try (Attempt attempt = new Attempt(batches)) {
      TrainerState committed = spec.policies().commit(spec.iteration() + 1, attempt);
      attempt.end(committed);
      return new Outcome(
          committed.version(),
          attempt.commitment(),
          attempt.loaded,
          (System.nanoTime() - start) / 1_000_000);
    }
  }

  /**
   * How an update went.
   *
   * @param version that is committed
   * @param how it came to be
   * @param loaded whether the policy was loaded for it, and not kept by the last update
   * @param millis that it took
   */
  record Outcome(PolicyVersion version, Commitment how, boolean loaded, long millis) {}

  /** What has been loaded for this update, and what was learned with it. */
  private final class Attempt implements PolicyStore.Writer, AutoCloseable {
    private final List<TrainingBatch> batches;
    private Optional<LoadedLearner> open = Optional.empty();
    private Optional<TrainerState> written = Optional.empty();
    private boolean loaded;
    private boolean beaten;

    Attempt(List<TrainingBatch> batches) {
      this.batches = batches;
    }

    @Override
    public TrainerState write(Path directory) {
      Torch.use(settings.torch());
      UpdateRecord record = new UpdateRecord();
      TrainerState parent = parent();
      LoadedLearner learner = LoadedLearner.open(spec, parent);
      open = Optional.of(learner);
      loaded = learner.isFresh();
      record.phase("load");
      TrainerState state = train(batches, directory, parent, learner, record);
      written = Optional.of(state);
      return state;
    }

    @Override
    public void beaten() {
      beaten = true;
    }

    Commitment commitment() {
      if (written.isEmpty()) {
        return Commitment.READ;
      }
      return beaten ? Commitment.LOST : Commitment.WON;
    }

    /** Where another attempt was faster, it may have learned otherwise on some devices. */
    void end(TrainerState committed) {
      boolean holdsIt =
          written
              .map(own -> own.lineage().digest().equals(committed.lineage().digest()))
              .orElse(false);
      if (holdsIt) {
        LoadedLearner learner = open.orElseThrow();
        open = Optional.empty();
        learner.keep(spec, committed);
      }
    }

    @Override
    public void close() {
      open.ifPresent(LoadedLearner::close);
    }
  }

  private TrainerState parent() {
    return spec.policies()
        .find(spec.iteration())
        .orElseThrow(
            () ->
                new UserMistake(
                    "%s holds no committed policy: restore it, or start the run anew"
                        .formatted(spec.policies().directory(spec.iteration()))));
  }

  private TrainerState train(
      List<TrainingBatch> batches,
      Path directory,
      TrainerState parent,
      LoadedLearner loaded,
      UpdateRecord record) {
    CausalLm policy = loaded.policy();
    PolicyLearner learner = loaded.learner();
    List<TrainingBatch> ordered = ordered(batches);
    CreditedSequences sequences =
        CreditedSequences.of(spec.rollouts(), spec.credits(), spec.logProbabilities());
    sequences.requireLogProbabilities(
        ordered, ordered.size() > 1, settings.objective().klCoefficient() > 0);
    record.phase("read");
    KlTokens distances = new KlTokens(sequences.responseTokens(ordered));
    takeSteps(ordered, sequences, learner, record, distances);
    record.mismatch(sequences.mismatch(ordered));
    record.distances(distances, id -> policy.tokenizer().decodeAll(new int[] {id}));
    record.phase("update");
    policy.save(directory);
    OptimizerState state = learner.optimizerState();
    Safetensors.write(directory.resolve(PolicyStore.optimizerFile()), state.tensors(), Map.of());
    if (!policy.hasAdapter()) {
      // Servers such as vLLM would load the optimizer's file too, were there no index.
      Safetensors.indexCheckpoint(directory);
    }
    String digest = learner.digest();
    record.phase("save");
    return record.state(
        new TrainerState.Lineage(
            Keys.policyVersion(spec.iteration() + 1),
            parent.lineage().version(),
            digest,
            state.steps()));
  }

  private void takeSteps(
      List<TrainingBatch> batches,
      CreditedSequences sequences,
      PolicyLearner learner,
      UpdateRecord record,
      KlTokens distances) {
    for (TrainingBatch batch : batches) {
      double rate = settings.schedule().rate(learner.steps());
      UpdateStatistics statistics;
      try {
        List<String> ids = batch.getRolloutIds();
        double[][] now =
            learner.accumulate(
                sequences.of(ids),
                sequences.oldLogProbabilities(ids),
                sequences.referenceLogProbabilities(ids),
                batch.getMiniBatchRollouts());
        sequences.measure(ids, record.steps(), now, distances);
        statistics = learner.apply(rate);
      } catch (DivergenceException e) {
        throw new UserMistake(
            ("training diverged in iteration %d, epoch %d, mini-batch %d (%s): the last good policy"
                    + " is %s; lower train.learning_rate or raise train.kl_coefficient in a new --run")
                .formatted(
                    spec.iteration(),
                    batch.getEpoch(),
                    batch.getMiniBatch(),
                    e.getMessage(),
                    spec.policies().directory(spec.iteration())),
            e);
      }
      if (record.steps() == 0) {
        checkOnPolicy(statistics);
      }
      record.step(statistics, rate);
      Faults.at("train/inside");
    }
  }

  private void checkOnPolicy(UpdateStatistics statistics) {
    if (statistics.largestRatioDeviation().isEmpty()) {
      return;
    }
    double deviation = statistics.largestRatioDeviation().getAsDouble();
    double bound = RatioBound.of(settings.compute().precision());
    if (!(deviation <= bound)) {
      throw new IllegalStateException(
          "iteration %d begins off policy: |ρ - 1| is %s on the first mini-batch, not within %s; the last good policy is %s"
              .formatted(
                  spec.iteration(), deviation, bound, spec.policies().directory(spec.iteration())));
    }
  }

  private static List<TrainingBatch> ordered(List<TrainingBatch> batches) {
    List<TrainingBatch> ordered = new ArrayList<>(batches);
    ordered.sort(
        Comparator.comparingInt(TrainingBatch::getEpoch)
            .thenComparingInt(TrainingBatch::getMiniBatch));
    return ordered;
  }
}

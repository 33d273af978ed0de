package io.capoflow.transforms.train;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.cache.LoadedModels.Lease;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.learning.OptimizerState;
import io.capoflow.models.learning.PolicyLearner;
import io.capoflow.models.tensor.DeviceMemory;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.FileMark;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.TrainerState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SortedMap;

/**
 * A policy version that learns: its weights and the optimizer's memory.
 *
 * <p>An update that committed what it had learned {@linkplain #keep keeps} all of it in this
 * process, and the update that goes on from there {@linkplain #open takes} it instead of loading
 * the same content. It takes only what it would load: the version's record on disk is the one that
 * was committed from here, and nobody wrote to its files since. Of one process at most one is kept;
 * opening another one closes it first. For one thread at a time.
 */
public final class LoadedLearner implements AutoCloseable {
  /** One part in so many of the device's memory must be free for what else works there. */
  private static final int FREE_PART = 2;

  private static Optional<Kept> kept = Optional.empty();

  private final CausalLm policy;
  private final Optional<Lease> base;
  private final PolicyLearner learner;
  private boolean fresh = true;

  private LoadedLearner(CausalLm policy, Optional<Lease> base, PolicyLearner learner) {
    this.policy = policy;
    this.base = base;
    this.learner = learner;
  }

  /**
   * What must be as it was for a kept learner to be what would be loaded.
   *
   * @param version checksum of the record of the version that it holds
   * @param files of the version, as they lie there
   */
  private record Content(
      TrainingSettings settings,
      long seed,
      Path directory,
      String version,
      SortedMap<String, FileMark> files) {
    static Content of(TrainingSpec spec, int version, TrainerState state) {
      Path directory = spec.policies().directory(version).toAbsolutePath();
      return new Content(
          spec.settings(), spec.seed(), directory, state.checksum(), FileMark.ofTree(directory));
    }
  }

  private record Kept(Content content, LoadedLearner learner) {}

  /**
   * The iteration's parent version, ready to learn; for the caller to {@link #keep} or to close.
   *
   * @param parent its record
   * @throws UserMistake when it cannot be loaded, or its optimizer state was deleted
   */
  static LoadedLearner open(TrainingSpec spec, TrainerState parent) {
    Optional<Kept> before = take();
    if (before.isPresent()) {
      if (before.get().content().equals(Content.of(spec, spec.iteration(), parent))) {
        LoadedLearner goesOn = before.get().learner();
        goesOn.fresh = false;
        return goesOn;
      }
      before.get().learner().close();
    }
    return load(spec, parent);
  }

  /**
   * Keeps this for the update that goes on from a version, or closes it where the device has little
   * memory left.
   *
   * @param committed record of the version that was written from this
   */
  void keep(TrainingSpec spec, TrainerState committed) {
    if (!leavesRoom(DeviceMemory.of(spec.settings().device()))) {
      close();
      return;
    }
    Kept now = new Kept(Content.of(spec, spec.iteration() + 1, committed), this);
    synchronized (LoadedLearner.class) {
      kept.ifPresent(other -> other.learner().close());
      kept = Optional.of(now);
    }
  }

  /** Whether a learner stays loaded on a device whose memory is such, itself counted. */
  public static boolean leavesRoom(DeviceMemory memory) {
    return memory.free() >= memory.total() / FREE_PART;
  }

  /** Closes what is kept: nothing goes on from it in this process. */
  public static void release() {
    take().ifPresent(before -> before.learner().close());
  }

  private static synchronized Optional<Kept> take() {
    Optional<Kept> taken = kept;
    kept = Optional.empty();
    return taken;
  }

  /** Whether it was loaded for this update, and not kept by the last one. */
  boolean isFresh() {
    return fresh;
  }

  CausalLm policy() {
    return policy;
  }

  PolicyLearner learner() {
    return learner;
  }

  @Override
  public void close() {
    learner.close();
    policy.close();
    base.ifPresent(Lease::close);
  }

  private static LoadedLearner load(TrainingSpec spec, TrainerState parent) {
    TrainingSettings settings = spec.settings();
    Path directory = spec.policies().directory(spec.iteration());
    Loading loading =
        Loading.forTraining(directory, settings.device())
            .withAdapter(settings.lora(), spec.seed())
            .in(settings.compute().precision());
    Optional<Lease> base = settings.lora().isAdapter() ? Optional.of(base(spec)) : Optional.empty();
    try {
      CausalLm policy =
          base.map(lease -> ModelLoader.load(loading, lease.model(), baseDigest(spec)))
              .orElseGet(() -> ModelLoader.load(loading));
      return new LoadedLearner(policy, base, learner(policy, settings, parent, directory));
    } catch (RuntimeException e) {
      base.ifPresent(Lease::close);
      throw e;
    }
  }

  private static PolicyLearner learner(
      CausalLm policy, TrainingSettings settings, TrainerState parent, Path directory) {
    try {
      return new PolicyLearner(
          policy,
          Optional.empty(),
          settings.objective(),
          settings.optimizer(),
          settings.layout(),
          settings.compute(),
          settings.parts(),
          optimizerState(parent, directory));
    } catch (RuntimeException e) {
      policy.close();
      throw e;
    }
  }

  /** The frozen weights of an adapter, which those who score responses read, too. */
  private static Lease base(TrainingSpec spec) {
    return LoadedModels.lease(
        LoadedModels.Role.BASE,
        spec.policies().directory(0),
        baseDigest(spec),
        spec.settings().device(),
        spec.settings().compute().precision());
  }

  private static String baseDigest(TrainingSpec spec) {
    return spec.policies().find(0).orElseThrow().lineage().digest();
  }

  private static Optional<OptimizerState> optimizerState(TrainerState parent, Path directory) {
    Path file = directory.resolve(PolicyStore.optimizerFile());
    if (Files.exists(file)) {
      return Optional.of(new OptimizerState(Safetensors.read(file)));
    }
    if (parent.lineage().optimizerSteps() > 0) {
      throw new UserMistake(
          "%s is not there: training cannot go on from %s without it; raise retention.optimizer_states"
              .formatted(file, parent.lineage().version()));
    }
    return Optional.empty();
  }
}

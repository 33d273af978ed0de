package io.capoflow.pipelines.memory;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.DecoderMemory;
import io.capoflow.models.generation.Decoding;
import io.capoflow.models.learning.PartSettings;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.tensor.DeviceMemory;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.Torch;
import io.capoflow.pipelines.evaluation.Evaluation;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.train.LoadedLearner;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Estimates what a training recipe's phases hold on their devices at the peak: weights of all
 * models that are loaded by then, the optimizer's memory, and the work of the phase itself. Nothing
 * is loaded: shapes and dtypes come from the checkpoints' headers. Immutable and thread-safe.
 */
public final class RecipeMemory {
  private final List<Phase> phases;
  private final Lengths lengths;
  private final long heap;

  /**
   * Tokens that the estimate reckons with.
   *
   * @param prompt of a problem
   * @param critique of what a critic is shown, beside the response
   */
  public record Lengths(int prompt, int critique) {
    public Lengths {
      if (prompt < 1 || critique < 1) {
        throw new IllegalArgumentException("lengths must be positive: " + prompt + ", " + critique);
      }
    }
  }

  /** What a run does on a device, in the order in which it does it. */
  public enum Activity {
    EVALUATE,
    SAMPLE,
    /** While responses may be scored. */
    CRITIQUE,
    /** Old and reference log-probabilities. */
    SCORE,
    TRAIN
  }

  /**
   * An activity on the device that does it.
   *
   * @param device {@code cpu} or {@code cuda:N}
   * @param weights bytes of all models on that device
   * @param optimizer bytes of gradients and moments
   * @param cache bytes of keys and values
   * @param activations bytes of everything else that the work holds
   */
  public record Phase(
      Activity activity,
      String device,
      long weights,
      long optimizer,
      long cache,
      long activations) {
    /** Bytes in all. */
    public long total() {
      return weights + optimizer + cache + activations;
    }

    /** Bytes that stay whatever the size of batches. */
    public long fixed() {
      return weights + optimizer;
    }

    /** The same while the work of another phase goes on beside it, on the same models. */
    Phase beside(Phase other) {
      return new Phase(
          activity,
          device,
          weights,
          optimizer,
          cache + other.cache,
          activations + other.activations);
    }
  }

  private RecipeMemory(List<Phase> phases, Lengths lengths, long heap) {
    this.phases = List.copyOf(phases);
    this.lengths = lengths;
    this.heap = heap;
  }

  /**
   * Estimates a recipe.
   *
   * @throws UserMistake when a checkpoint that the recipe names cannot be read
   */
  public static RecipeMemory of(TrainingRecipe recipe, Lengths lengths) {
    requireNonNull(recipe, "recipe");
    requireNonNull(lengths, "lengths");
    Checkpoint policy = Checkpoint.read(recipe.policy().path());
    Learner learner = Learner.of(recipe, policy);
    String device = Torch.resolve(recipe.policy().device());
    Map<String, Long> resident = new TreeMap<>();
    Precision precision = recipe.policy().dtype();
    DecoderMemory sampler = policy.in(precision);
    resident.merge(device, sampler.weights(), Long::sum);
    List<Phase> phases = new ArrayList<>();
    phases.add(evaluate(recipe, sampler, lengths, device, resident));
    phases.add(sample(recipe, sampler, lengths, device, resident));
    boolean scores = recipe.needsOldLogProbabilities() || recipe.needsReferenceLogProbabilities();
    resident.merge(device, learner.held(), Long::sum);
    if (recipe.critique().enabled() && recipe.critique().path().isPresent()) {
      Checkpoint critic = Checkpoint.read(recipe.critique().path().get());
      String criticDevice = Torch.resolve(recipe.critique().device());
      resident.merge(criticDevice, critic.asStored().weights(), Long::sum);
      Phase critique = critique(recipe, critic, lengths, criticDevice, resident);
      phases.add(
          scores && criticDevice.equals(device)
              ? critique.beside(score(recipe, learner, lengths, device, resident))
              : critique);
    }
    if (scores) {
      phases.add(score(recipe, learner, lengths, device, resident));
    }
    Phase train = train(recipe, learner, lengths, device, resident);
    phases.replaceAll(
        phase ->
            phase.device().equals(device)
                ? withKept(learner.weights(), train.optimizer(), phase)
                : phase);
    phases.add(train);
    return new RecipeMemory(phases, lengths, learner.work().saving(recipe.lora().settings()));
  }

  /**
   * The same phase with the learner that an update left loaded, where it would: from the second
   * iteration on it stays between updates.
   */
  private static Phase withKept(long weights, long optimizer, Phase phase) {
    long all = phase.weights() + weights + optimizer;
    boolean kept =
        DeviceMemory.find(phase.device())
            .map(DeviceMemory::total)
            .map(total -> new DeviceMemory(total, total - all))
            .filter(LoadedLearner::leavesRoom)
            .isPresent();
    return kept
        ? new Phase(
            phase.activity(),
            phase.device(),
            phase.weights() + weights,
            optimizer,
            phase.cache(),
            phase.activations())
        : phase;
  }

  /** In the order of a run. */
  public List<Phase> phases() {
    return phases;
  }

  /** What was reckoned with. */
  public Lengths lengths() {
    return lengths;
  }

  /** Bytes of Java's heap that the saving of a policy version takes, whatever the model's size. */
  public long heap() {
    return heap;
  }

  /** The phase that holds the most on a device; empty where none works there. */
  public Optional<Phase> peak(String device) {
    return phases.stream()
        .filter(phase -> phase.device().equals(device))
        .max((one, other) -> Long.compare(one.total(), other.total()));
  }

  /** A checkpoint's shape and the dtype of its weights. */
  private record Checkpoint(DecoderConfig config, ScalarType type) {
    /** Of an adapter's directory the base, into which it is merged or beside which it is small. */
    static Checkpoint read(Path model) {
      Path directory = ModelDirectory.of(model).base();
      DecoderConfig config = DecoderConfig.read(directory);
      TensorData first =
          Safetensors.readCheckpoint(directory).values().stream()
              .findFirst()
              .orElseThrow(() -> new UserMistake(directory + ": holds no tensors; fetch it again"));
      if (!ScalarType.isKnown(first.dtype())) {
        throw new UserMistake(
            directory + ": dtype " + first.dtype() + "; weights must be F32, F16, BF16 or F64");
      }
      return new Checkpoint(config, ScalarType.valueOf(first.dtype()));
    }

    DecoderMemory asStored() {
      return new DecoderMemory(config, type);
    }

    /** As a model that computes in a precision holds it. */
    DecoderMemory in(Precision precision) {
      return new DecoderMemory(config, precision.of(type));
    }

    /** As {@link io.capoflow.models.decoder.Loading#forTraining} has it. */
    DecoderMemory forTraining() {
      return new DecoderMemory(config, Precision.trained(type));
    }
  }

  /**
   * What learning has of its own beside the sampler's and the critic's models: the place where a
   * setting of training that changes what is loaded or what learns is reckoned with.
   *
   * @param held bytes of what stays loaded for log-probabilities: the reference, an adapter and its
   *     base
   * @param weights bytes of the policy that learns; of an adapter's, which stands on that base, the
   *     adapter's alone
   * @param narrowed bytes of the copies that a part's pass computes with
   * @param trainable numbers that learn
   * @param work of its forward and backward passes
   */
  private record Learner(
      long held, long weights, long narrowed, long trainable, DecoderMemory work) {
    static Learner of(TrainingRecipe recipe, Checkpoint policy) {
      Precision precision = recipe.policy().dtype();
      DecoderMemory work = policy.in(precision);
      LoraSettings lora = recipe.lora().settings();
      long reference = 0;
      // An adapter's own base is its reference, at no cost.
      if (recipe.train().klCoefficient() > 0
          && (recipe.reference().path().isPresent() || !lora.isAdapter())) {
        reference =
            recipe.reference().path().map(Checkpoint::read).orElse(policy).in(precision).weights();
      }
      if (lora.isAdapter()) {
        long trainable = work.adapterParameters(lora);
        long adapter = trainable * Float.BYTES;
        return new Learner(work.weights() + adapter + reference, adapter, 0, trainable, work);
      }
      // Weights that are trained wide are narrowed anew for each part.
      long narrowed = precision == Precision.F32 ? 0 : work.weights();
      return new Learner(
          reference, policy.forTraining().weights(), narrowed, work.parameters(), work);
    }
  }

  /** The greedy responses and the sampled ones are different shards of one dataflow. */
  private static Phase evaluate(
      TrainingRecipe recipe,
      DecoderMemory policy,
      Lengths lengths,
      String device,
      Map<String, Long> resident) {
    Decoding shard =
        new Decoding(
            Evaluation.SHARD_PROBLEMS,
            lengths.prompt(),
            recipe.evaluate().samples(),
            recipe.sample().sampling().maxNewTokens(),
            Evaluation.MAX_ROWS);
    return generation(recipe, Activity.EVALUATE, device, policy, shard, false, resident);
  }

  private static Phase sample(
      TrainingRecipe recipe,
      DecoderMemory policy,
      Lengths lengths,
      String device,
      Map<String, Long> resident) {
    Decoding shard =
        new Decoding(
            recipe.sample().shardProblems(),
            lengths.prompt(),
            recipe.sample().rollouts(),
            recipe.sample().sampling().maxNewTokens(),
            recipe.sample().maxRows());
    boolean truncated = recipe.sample().sampling().topP() < 1;
    return generation(recipe, Activity.SAMPLE, device, policy, shard, truncated, resident);
  }

  private static Phase critique(
      TrainingRecipe recipe,
      Checkpoint critic,
      Lengths lengths,
      String device,
      Map<String, Long> resident) {
    long newTokens = recipe.critique().sampling().maxNewTokens();
    // What does not fit into the critic's positions is not asked.
    long longest = Math.max(1, critic.config().maxPositions() - newTokens);
    Decoding shard =
        new Decoding(
            (long) recipe.sample().shardProblems() * recipe.sample().rollouts(),
            Math.min(
                longest, lengths.critique() + (long) recipe.sample().sampling().maxNewTokens()),
            recipe.critique().times(),
            newTokens,
            recipe.critique().maxRows());
    boolean truncated = recipe.critique().sampling().topP() < 1;
    return generation(
        recipe, Activity.CRITIQUE, device, critic.asStored(), shard, truncated, resident);
  }

  /**
   * Every slot of the dataflow works on a shard of its own.
   *
   * @param truncated whether top-p cuts the distribution
   */
  private static Phase generation(
      TrainingRecipe recipe,
      Activity activity,
      String device,
      DecoderMemory memory,
      Decoding shard,
      boolean truncated,
      Map<String, Long> resident) {
    long slots = recipe.execution().parallelism();
    return new Phase(
        activity,
        device,
        resident.get(device),
        0,
        slots * memory.caches(shard),
        slots * memory.generation(shard, truncated));
  }

  /**
   * What a mini-batch's gradient is computed in.
   *
   * @param slots of the largest part
   * @param responseTokens of it
   * @param workers that find a part
   * @param inFlight parts that are computed at a time
   */
  private record Parts(long slots, long responseTokens, long workers, long inFlight) {
    static Parts of(TrainingRecipe recipe, Lengths lengths, String device) {
      PartSettings settings =
          recipe
              .train()
              .workers()
              .parts(recipe.batch().partTokens(), recipe.batch().tokens())
              .on(device.equals("cpu"), recipe.torch().threads());
      long newTokens = recipe.sample().sampling().maxNewTokens();
      long sequence = lengths.prompt() + newTokens;
      long all = recipe.batch().miniBatchRollouts() * sequence;
      // A part holds one sequence at least, and a mini-batch's rollouts at most.
      long slots = Math.max(sequence, Math.min(settings.slots(), all));
      long workers = Math.min(settings.workers(), (all + slots - 1) / slots);
      return new Parts(
          slots,
          slots * newTokens / sequence,
          workers,
          Math.max(1, Math.min(workers, settings.slotsInFlight() / slots)));
    }
  }

  /** Each slot scores a shard of its own, part by part. */
  private static Phase score(
      TrainingRecipe recipe,
      Learner learner,
      Lengths lengths,
      String device,
      Map<String, Long> resident) {
    long sequence = (long) lengths.prompt() + recipe.sample().sampling().maxNewTokens();
    long shard = (long) recipe.sample().shardProblems() * recipe.sample().rollouts() * sequence;
    // A part holds one sequence at least, and a shard's rollouts at most.
    long slots = Math.max(sequence, Math.min(recipe.batch().partTokens(), shard));
    long responses = slots * recipe.sample().sampling().maxNewTokens() / sequence;
    long distributions = Math.min(responses, recipe.train().compute().logitTokens());
    return new Phase(
        Activity.SCORE,
        device,
        resident.get(device),
        0,
        0,
        recipe.execution().parallelism() * learner.work().scoring(slots, distributions));
  }

  /** The sampler's weights and the critic's stay loaded while the learner has its own. */
  private static Phase train(
      TrainingRecipe recipe,
      Learner learner,
      Lengths lengths,
      String device,
      Map<String, Long> resident) {
    Parts parts = Parts.of(recipe, lengths, device);
    long distributions = Math.min(parts.responseTokens(), recipe.train().compute().logitTokens());
    DecoderMemory work = learner.work();
    return new Phase(
        Activity.TRAIN,
        device,
        resident.get(device) + learner.weights() + parts.inFlight() * learner.narrowed(),
        DecoderMemory.optimizer(learner.trainable(), parts.workers()),
        0,
        parts.inFlight()
            * work.update(
                parts.slots(),
                distributions,
                learner.trainable(),
                recipe.train().compute().recomputeLayers()));
  }
}

package io.capoflow.benchmarks;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.ComputeSettings;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.models.learning.PartSettings;
import io.capoflow.models.learning.PolicyLearner;
import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.schemas.Draws;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * One update that is done again and again: of all weights of a model made up here, on the sequences
 * of {@link TrainingBesidePython}, or of a low-rank adapter of a published one, on 8 sequences of
 * 80 and 128 tokens. For one thread, beside which the learner has its workers.
 */
final class LearnerWork implements AutoCloseable {
  private static final int SEQUENCES = 8;
  private static final int PROMPT = 80;
  private static final int RESPONSE = 128;
  private static final LoraSettings ADAPTER = LoraSettings.of(8, 16, List.of(LoraTarget.values()));

  private final CausalLm policy;
  private final PolicyLearner learner;
  private final List<TrainingSequence> sequences;
  private final float[][] old;
  private final int stepsARound;
  private final double flops;

  private LearnerWork(
      CausalLm policy, PolicyLearner learner, List<TrainingSequence> sequences, int stepsARound) {
    this.policy = policy;
    this.learner = learner;
    this.sequences = sequences;
    this.stepsARound = stepsARound;
    this.old = learner.logProbabilities(sequences);
    DecoderWork work = DecoderWork.of(policy.config());
    this.flops = policy.hasAdapter() ? work.adapterFlops(sequences) : work.trainingFlops(sequences);
  }

  /**
   * Opens the model.
   *
   * @param model tiny, small or medium, or a model's folder
   * @param workers of the learner
   */
  static LearnerWork of(String model, int workers) throws IOException {
    return isPublished(model) ? published(Path.of(model), workers) : madeUp(model, workers);
  }

  /** Whether a name is that of a folder. */
  static boolean isPublished(String model) {
    return Files.isDirectory(Path.of(model));
  }

  private static LearnerWork madeUp(String name, int workers) throws IOException {
    TrainingBesidePython.Size size = TrainingBesidePython.Size.named(name);
    CausalLm policy = TrainingBesidePython.model(size, Files.createTempDirectory("learner-work"));
    PolicyLearner learner = learner(policy, workers);
    return new LearnerWork(
        policy, learner, TrainingBesidePython.batch(size, learner).sequences(), size.stepsARound());
  }

  private static LearnerWork published(Path folder, int workers) {
    CausalLm policy =
        ModelLoader.load(Loading.forTraining(folder, BenchmarkDevice.NAME).withAdapter(ADAPTER, 0));
    return new LearnerWork(policy, learner(policy, workers), drawn(policy.config()), 1);
  }

  /** Parts as usual, and room for as many of them as there are workers. */
  private static PolicyLearner learner(CausalLm policy, int workers) {
    PartSettings usual = PartSettings.STANDARD;
    int inFlight = Math.max(usual.slotsInFlight(), workers * usual.slots());
    return new PolicyLearner(
        policy,
        Optional.empty(),
        ObjectiveSettings.standard(0, 1),
        new AdamWSettings(0.9, 0.95, 1e-8, 0, 1),
        Layout.PADDED,
        ComputeSettings.STANDARD,
        new PartSettings(usual.slots(), workers, inFlight),
        Optional.empty());
  }

  private static List<TrainingSequence> drawn(DecoderConfig config) {
    return IntStream.range(0, SEQUENCES)
        .mapToObj(
            i -> {
              long key = Draws.key("sequence", i);
              float[] advantages = new float[RESPONSE];
              for (int t = 0; t < RESPONSE; t++) {
                advantages[t] = (float) (2 * Draws.uniform(key, t) - 1);
              }
              return new TrainingSequence(
                  tokens(config, key, PROMPT), tokens(config, key + 1, RESPONSE), advantages);
            })
        .toList();
  }

  private static int[] tokens(DecoderConfig config, long key, int count) {
    return IntStream.range(0, count)
        .map(t -> Draws.integer(key, t, config.vocabularySize()))
        .toArray();
  }

  DecoderConfig config() {
    return policy.config();
  }

  /** What is trained, in words. */
  String trained() {
    return policy.hasAdapter() ? "an adapter of rank " + ADAPTER.rank() : "all weights";
  }

  int sequences() {
    return sequences.size();
  }

  /** Of one update, prompts and responses. */
  int tokens() {
    return sequences.stream().mapToInt(TrainingSequence::tokens).sum();
  }

  /** Operations of one update, see {@link DecoderWork}. */
  double flops() {
    return flops;
  }

  /** Updates that take long enough to be measured together. */
  int stepsARound() {
    return stepsARound;
  }

  /** One update. */
  void step() {
    learner.accumulate(sequences, old, old, sequences.size());
    learner.apply(1e-5);
  }

  /** Of what was learned so far. */
  String digest() {
    return learner.digest();
  }

  @Override
  public void close() {
    learner.close();
    policy.close();
  }
}

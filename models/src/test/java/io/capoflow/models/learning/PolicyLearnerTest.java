package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.NaiveDecoder;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.tensor.TestDevice;
import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.UserMistake;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PolicyLearnerTest {
  private static final double TEMPERATURE = 0.8;
  private static final ObjectiveSettings KL = ObjectiveSettings.standard(0.05, TEMPERATURE);

  @TempDir Path directory;
  private CausalLm policy;
  private CausalLm reference;

  @BeforeEach
  void loadModels() {
    policy = TinyModels.load(directory.resolve("policy"), TinyModels.config(), 1);
    reference = TinyModels.load(directory.resolve("reference"), TinyModels.config(), 2);
  }

  @AfterEach
  void closeModels() {
    policy.close();
    reference.close();
  }

  @ParameterizedTest
  @EnumSource
  void logProbabilitiesAreTheTemperedOnesOfAPlainForward(Layout layout) {
    NaiveDecoder naive = new NaiveDecoder(policy.config(), policy.tensors());
    List<TrainingSequence> batch = Samples.sequences(1);
    try (PolicyLearner learner = learner(ObjectiveSettings.standard(0, TEMPERATURE), layout)) {
      float[][] actual = learner.logProbabilities(batch);
      for (int i = 0; i < batch.size(); i++) {
        double[] expected = naive(naive, batch.get(i));
        assertThat(actual[i]).hasSize(expected.length);
        for (int t = 0; t < expected.length; t++) {
          assertThat((double) actual[i][t]).isCloseTo(expected[t], within(1e-4));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void theRatioIsOneOnTheFirstMiniBatch(Layout layout) {
    List<TrainingSequence> batch = Samples.sequences(1);
    try (PolicyLearner learner = learner(ObjectiveSettings.standard(0, TEMPERATURE), layout)) {
      learner.accumulate(batch, learner.logProbabilities(batch), new float[0][], 5);
      assertThat(learner.apply(1e-3).largestRatioDeviation().orElseThrow()).isZero();
    }
  }

  @Test
  void packedRowsGiveTheGradientsOfPaddedOnes() {
    List<TrainingSequence> batch = Samples.sequences(1);
    float[][] old;
    float[][] kl;
    double[] padded;
    try (PolicyLearner learner = learner(KL, Layout.PADDED)) {
      old = Samples.moved(learner.logProbabilities(batch), 0.5, 1);
      kl = learner.referenceLogProbabilities(batch);
      padded = gradient(learner, batch, old, kl);
    }
    try (PolicyLearner learner = learner(KL, Layout.PACKED)) {
      assertThat(gradient(learner, batch, old, kl)).containsExactly(padded, within(1e-5));
    }
  }

  @Test
  void rowsOfUnlikeLengthsAreComputedApartToTheSameEnd() {
    List<TrainingSequence> batch =
        IntStream.range(0, 12).mapToObj(i -> Samples.sequence(i, 3, 1 + 9 * (i * 5 % 12))).toList();
    assertThat(GradientParts.of(batch, Layout.PADDED, 1_300)).hasSizeGreaterThan(1);
    float[][] old;
    float[][] kl;
    double[] apart;
    try (PolicyLearner learner = learner(KL, Layout.PADDED)) {
      old = Samples.moved(learner.logProbabilities(batch), 0.5, 1);
      kl = learner.referenceLogProbabilities(batch);
      learner.accumulate(batch, learner.logProbabilities(batch), kl, 5);
      assertThat(learner.apply(0).largestRatioDeviation().orElseThrow()).isZero();
      apart = gradient(learner, batch, old, kl);
    }
    try (PolicyLearner learner = learner(KL, Layout.PACKED)) {
      float[][] together = learner.referenceLogProbabilities(batch);
      for (int i = 0; i < together.length; i++) {
        assertThat(kl[i]).containsExactly(together[i], within(1e-4f));
      }
      assertThat(gradient(learner, batch, old, kl)).containsExactly(apart, within(1e-4));
    }
  }

  @Test
  void microBatchesAddUpToTheMiniBatch() {
    List<TrainingSequence> batch = Samples.sequences(1);
    try (PolicyLearner learner = learner(KL, Layout.PADDED)) {
      float[][] old = Samples.moved(learner.logProbabilities(batch), 0.5, 1);
      float[][] kl = learner.referenceLogProbabilities(batch);
      double[] whole = gradient(learner, batch, old, kl);
      UpdateStatistics wholeStatistics = learner.apply(0);
      for (int i = 0; i < batch.size(); i++) {
        learner.accumulate(
            batch.subList(i, i + 1),
            Arrays.copyOfRange(old, i, i + 1),
            Arrays.copyOfRange(kl, i, i + 1),
            5);
      }
      // A GPU adds in an order that depends on the batch.
      assertThat(gradient(learner))
          .containsExactly(whole, within(TestDevice.NAME.equals("cpu") ? 1e-6 : 1e-5));
      UpdateStatistics parts = learner.apply(0);
      assertThat(parts.loss()).isCloseTo(wholeStatistics.loss(), within(1e-6));
      assertThat(parts.entropy().orElseThrow())
          .isCloseTo(wholeStatistics.entropy().orElseThrow(), within(1e-6));
      assertThat(parts.klToReference().orElseThrow())
          .isCloseTo(wholeStatistics.klToReference().orElseThrow(), within(1e-6));
      assertThat(parts.tokens()).isEqualTo(21);
    }
  }

  @Test
  void garbageCollectionBetweenForwardAndBackwardChangesNothing() throws Exception {
    List<TrainingSequence> batch = Samples.sequences(1);
    try (PolicyLearner learner = learner(KL, Layout.PACKED)) {
      float[][] old = Samples.moved(learner.logProbabilities(batch), 0.5, 1);
      float[][] kl = learner.referenceLogProbabilities(batch);
      double[] quiet = gradient(learner, batch, old, kl);
      learner.apply(0);
      AtomicBoolean stop = new AtomicBoolean();
      AtomicLong collections = new AtomicLong();
      Thread churn =
          new Thread(
              () -> {
                while (!stop.get()) {
                  System.gc();
                  collections.incrementAndGet();
                  // Freed native memory is taken again at once and filled with something else.
                  for (int i = 0; i < 2_000; i++) {
                    ByteBuffer.allocateDirect(8 + i % 512).putDouble(0, 1e9);
                  }
                }
              });
      churn.start();
      try {
        long until = collections.get() + 20;
        while (collections.get() < until) {
          assertThat(gradient(learner, batch, old, kl)).containsExactly(quiet);
          learner.apply(0);
        }
      } finally {
        stop.set(true);
        churn.join();
      }
    }
  }

  @Test
  void resumingFromFilesContinuesBitForBit() {
    String undisturbed;
    try (PolicyLearner learner = learner(KL, Layout.PADDED)) {
      Samples.train(learner, 0, 6);
      undisturbed = learner.digest();
    }
    loadModels();
    Path saved = directory.resolve("saved");
    try (PolicyLearner learner = learner(KL, Layout.PADDED)) {
      Samples.train(learner, 0, 3);
      policy.save(saved);
      Safetensors.write(
          saved.resolve("optimizer.safetensors"), learner.optimizerState().tensors(), Map.of());
      assertThat(learner.digest()).isNotEqualTo(undisturbed);
    }
    policy.close();
    policy = ModelLoader.load(Loading.forUse(saved, TestDevice.NAME));
    OptimizerState state =
        new OptimizerState(Safetensors.read(saved.resolve("optimizer.safetensors")));
    assertThat(state.steps()).isEqualTo(3);
    try (PolicyLearner learner =
        new PolicyLearner(
            policy, Optional.of(reference), KL, Samples.ADAMW, Layout.PADDED, Optional.of(state))) {
      Samples.train(learner, 3, 6);
      assertThat(learner.steps()).isEqualTo(6);
      assertThat(learner.digest()).isEqualTo(undisturbed);
    }
  }

  @Test
  void stateOfAnotherPolicyIsRefused() {
    CausalLm other =
        TinyModels.load(
            directory.resolve("other"), TinyModels.config(false, 4, List.of(TinyModels.EOS)), 1);
    try (other;
        PolicyLearner learner = learner(KL, Layout.PADDED)) {
      assertThatThrownBy(
              () ->
                  new PolicyLearner(
                      other,
                      Optional.of(reference),
                      KL,
                      Samples.ADAMW,
                      Layout.PADDED,
                      Optional.of(learner.optimizerState())))
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining("exp_avg.model.layers.0.self_attn.k_proj.weight");
    }
  }

  @Test
  void aResponseOfNoTokensContributesNothing() {
    List<TrainingSequence> empty = List.of(Samples.sequence(1, 4, 0), Samples.sequence(2, 1, 0));
    try (PolicyLearner learner = learner(KL, Layout.PADDED)) {
      float[][] old = learner.logProbabilities(empty);
      assertThat(old).isEqualTo(new float[2][0]);
      assertThat(learner.accumulate(empty, old, learner.referenceLogProbabilities(empty), 2))
          .isEqualTo(new double[2][0]);
      assertThat(gradient(learner)).containsOnly(0);
      // Sums over no tokens are 0. Means and maxima over none do not exist.
      OptionalDouble none = OptionalDouble.empty();
      assertThat(learner.apply(0))
          .isEqualTo(new UpdateStatistics(0, 0, none, none, none, none, 0, 0));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStepTellsTheLogProbabilitiesThatItsForwardSaw(Layout layout) {
    List<TrainingSequence> batch =
        IntStream.range(0, 12).mapToObj(i -> Samples.sequence(i, 3, 9 * (i * 5 % 12))).toList();
    try (PolicyLearner learner = learner(KL, layout)) {
      float[][] now = learner.logProbabilities(batch);
      double[][] seen =
          learner.accumulate(
              batch,
              Samples.moved(now, 0.5, 1),
              learner.referenceLogProbabilities(batch),
              batch.size());
      assertThat(seen).hasNumberOfRows(batch.size());
      for (int i = 0; i < seen.length; i++) {
        float[] row = now[i];
        double[] expected = IntStream.range(0, row.length).mapToDouble(t -> row[t]).toArray();
        assertThat(seen[i]).as("sequence %d", i).containsExactly(expected);
      }
    }
  }

  @Test
  void withoutAReferenceThereIsNoDistanceFromIt() {
    List<TrainingSequence> batch = Samples.sequences(1);
    try (PolicyLearner learner =
        learner(ObjectiveSettings.standard(0, TEMPERATURE), Layout.PADDED)) {
      learner.accumulate(batch, learner.logProbabilities(batch), new float[0][], 5);
      UpdateStatistics statistics = learner.apply(0);
      assertThat(statistics.klToReference()).isEmpty();
      assertThat(statistics.entropy()).isPresent();
      // The forgotten sums do not come back with the next step's.
      learner.accumulate(
          batch, learner.logProbabilities(batch), learner.referenceLogProbabilities(batch), 5);
      assertThat(learner.apply(0).klToReference()).isPresent();
    }
  }

  @Test
  void oneTokenThatTheReferenceFindsLikelyIsInTheMean() {
    List<TrainingSequence> batch = Samples.sequences(1);
    try (PolicyLearner learner = learner(KL, Layout.PADDED)) {
      float[][] now = learner.logProbabilities(batch);
      float[][] reference = Arrays.stream(now).map(float[]::clone).toArray(float[][]::new);
      reference[2][4] += 9;
      learner.accumulate(batch, now, reference, 5);
      double difference = (double) reference[2][4] - now[2][4];
      assertThat(learner.apply(0).klToReference().orElseThrow())
          .isCloseTo((Math.exp(difference) - difference - 1) / 21, within(1e-9));
    }
  }

  @Test
  void advantagesOfZeroGiveNoPolicyGradient() {
    TrainingSequence sequence = Samples.sequence(1, 4, 5);
    List<TrainingSequence> masked =
        List.of(
            new TrainingSequence(
                sequence.promptTokenIds(), sequence.responseTokenIds(), new float[5]));
    try (PolicyLearner learner = learner(ObjectiveSettings.standard(0, 1), Layout.PADDED)) {
      learner.accumulate(masked, learner.logProbabilities(masked), new float[0][], 1);
      assertThat(gradient(learner)).containsOnly(0);
    }
  }

  @Test
  void aLossThatIsNotFiniteStopsBeforeAnyWeightChanges() {
    List<TrainingSequence> batch = Samples.sequences(1);
    try (PolicyLearner learner = learner(KL, Layout.PADDED)) {
      String before = learner.digest();
      float[][] old = learner.logProbabilities(batch);
      float[][] kl = learner.referenceLogProbabilities(batch);
      float[][] broken = Samples.moved(old, 0, 0);
      broken[2][4] = Float.NaN;
      assertThatThrownBy(() -> learner.accumulate(batch, broken, kl, 5))
          .isInstanceOf(DivergenceException.class)
          .hasMessageContaining("loss");
      assertThat(gradient(learner)).containsOnly(0);
      assertThat(learner.digest()).isEqualTo(before);
      assertThatThrownBy(() -> learner.apply(1e-3)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void aGradientThatIsNotFiniteStopsBeforeAnyWeightChanges() {
    TrainingSequence sequence = Samples.sequence(1, 4, 5);
    float[] advantages = new float[5];
    Arrays.fill(advantages, 3e38f);
    List<TrainingSequence> huge =
        List.of(
            new TrainingSequence(
                sequence.promptTokenIds(), sequence.responseTokenIds(), advantages));
    try (PolicyLearner learner = learner(ObjectiveSettings.standard(0, 1), Layout.PADDED)) {
      String before = learner.digest();
      learner.accumulate(huge, learner.logProbabilities(huge), new float[0][], 1);
      assertThatThrownBy(() -> learner.apply(1e-3))
          .isInstanceOf(DivergenceException.class)
          .hasMessageContaining("gradient");
      assertThat(learner.digest()).isEqualTo(before);
      assertThat(gradient(learner)).containsOnly(0);
    }
  }

  @Test
  void aPositiveAdvantageMakesItsTokensLikelier() {
    TrainingSequence sequence = Samples.sequence(1, 4, 5);
    float[] advantages = {1, 1, 1, 1, 1};
    List<TrainingSequence> batch =
        List.of(
            new TrainingSequence(
                sequence.promptTokenIds(), sequence.responseTokenIds(), advantages));
    try (PolicyLearner learner = learner(ObjectiveSettings.standard(0, 1), Layout.PADDED)) {
      float[][] before = learner.logProbabilities(batch);
      for (int step = 0; step < 10; step++) {
        learner.accumulate(batch, learner.logProbabilities(batch), new float[0][], 1);
        learner.apply(1e-2);
      }
      float[][] after = learner.logProbabilities(batch);
      for (int t = 0; t < 5; t++) {
        assertThat(after[0][t]).isGreaterThan(before[0][t]);
      }
    }
  }

  @Test
  void logProbabilitiesOfTheWrongShapeAreRefused() {
    List<TrainingSequence> batch = Samples.sequences(1);
    try (PolicyLearner learner = learner(KL, Layout.PADDED)) {
      float[][] old = learner.logProbabilities(batch);
      assertThatThrownBy(() -> learner.accumulate(batch, old, new float[0][], 5))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> learner.accumulate(batch, Arrays.copyOf(old, 4), old, 5))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static double[] gradient(
      PolicyLearner learner, List<TrainingSequence> batch, float[][] old, float[][] reference) {
    learner.accumulate(batch, old, reference, 5);
    return gradient(learner);
  }

  private static double[] gradient(PolicyLearner learner) {
    return Samples.values(learner.optimizer().gradients().data());
  }

  @Test
  void aCancelledMiniBatchLeavesThePolicyAsItWas() {
    List<TrainingSequence> batch = Samples.sequences(1);
    try (PolicyLearner learner =
        learner(ObjectiveSettings.standard(0, TEMPERATURE), Layout.PADDED)) {
      float[][] old = learner.logProbabilities(batch);
      String before = learner.digest();
      for (Runnable work :
          List.<Runnable>of(
              () -> learner.logProbabilities(batch),
              () -> learner.accumulate(batch, old, new float[0][], 5),
              learner::digest)) {
        Thread.currentThread().interrupt();
        assertThatThrownBy(work::run).isInstanceOf(Cancelled.class);
        assertThat(Thread.interrupted()).isTrue();
      }
      assertThat(learner.digest()).isEqualTo(before);
      assertThatThrownBy(() -> learner.apply(1e-3)).hasMessageContaining("nothing was accumulated");
      // It goes on as if nothing had been.
      learner.accumulate(batch, old, new float[0][], 5);
      learner.apply(1e-3);
      assertThat(learner.digest()).isNotEqualTo(before);
    }
  }

  private PolicyLearner learner(ObjectiveSettings objective, Layout layout) {
    return new PolicyLearner(
        policy, Optional.of(reference), objective, Samples.ADAMW, layout, Optional.empty());
  }

  private static double[] naive(NaiveDecoder model, TrainingSequence sequence) {
    int[] prompt = sequence.promptTokenIds();
    int[] response = sequence.responseTokenIds();
    double[][] distribution =
        model.logProbabilities(
            IntStream.concat(Arrays.stream(prompt), Arrays.stream(response)).toArray(),
            TEMPERATURE);
    return IntStream.range(0, response.length)
        .mapToDouble(t -> distribution[prompt.length - 1 + t][response[t]])
        .toArray();
  }
}

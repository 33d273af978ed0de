package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.TestDevice;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One, two and four threads learn the same weights, moments and statistics, bit for bit. */
class WorkersAgreeTest {
  private static final int SLOTS = 60;
  private static final int STEPS = 4;

  @TempDir Path directory;
  private Path start;
  private Path other;

  /** Everything that a number of workers might change. */
  private record Outcome(
      String digest, List<UpdateStatistics> statistics, List<String> logProbabilities) {}

  @BeforeEach
  void write() {
    start = TinyModels.write(directory.resolve("start"), TinyModels.config(), 1, "F32");
    other = TinyModels.write(directory.resolve("other"), TinyModels.config(), 2, "F32");
  }

  @ParameterizedTest
  @CsvSource({
    "PADDED, 0,    F32,  false, false",
    "PADDED, 0.05, F32,  false, false",
    "PACKED, 0.05, F32,  false, false",
    "PADDED, 0.05, F32,  true,  false",
    "PACKED, 0.05, F32,  true,  true",
    "PADDED, 0.05, F32,  false, true",
    "PADDED, 0.05, BF16, false, false",
    "PADDED, 0.05, BF16, true,  true"
  })
  void aPolicyIsTheSameAfterSeveralSteps(
      Layout layout,
      double klCoefficient,
      Precision precision,
      boolean recompute,
      boolean adapter) {
    ComputeSettings compute = new ComputeSettings(precision, recompute, 7);
    Outcome one = train(1, 10_000, layout, klCoefficient, compute, adapter);
    assertThat(one.statistics()).allMatch(step -> step.loss() != 0 && step.tokens() > 0);
    assertThat(train(2, 10_000, layout, klCoefficient, compute, adapter)).isEqualTo(one);
    assertThat(train(4, 10_000, layout, klCoefficient, compute, adapter)).isEqualTo(one);
    // Neither does it matter how many of them find room.
    assertThat(train(4, 2 * SLOTS, layout, klCoefficient, compute, adapter)).isEqualTo(one);
  }

  @Test
  void aPolicyIsTheSameWhileTheCollectorRuns() throws InterruptedException {
    Outcome quiet = train(1, 10_000, Layout.PADDED, 0.05, ComputeSettings.STANDARD, false);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger collections = new AtomicInteger();
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
      while (collections.get() < 20) {
        assertThat(train(4, 10_000, Layout.PADDED, 0.05, ComputeSettings.STANDARD, false))
            .isEqualTo(quiet);
      }
    } finally {
      stop.set(true);
      churn.join();
    }
  }

  @ParameterizedTest
  @CsvSource({"PADDED, F32, false", "PACKED, F32, true", "PADDED, BF16, false"})
  void aWarmStartIsTheSameAfterSeveralSteps(Layout layout, Precision precision, boolean recompute) {
    ComputeSettings compute = new ComputeSettings(precision, recompute, 7);
    List<String> one = warmStart(1, layout, compute);
    assertThat(warmStart(2, layout, compute)).isEqualTo(one);
    assertThat(warmStart(4, layout, compute)).isEqualTo(one);
  }

  /** What a second device needs: a copy of the weights, and the sum in the parts' order. */
  @Test
  void twoCopiesOfAPolicyThatShareThePartsGiveTheGradientOfOne() {
    List<TrainingSequence> batch = batch(1);
    List<List<Integer>> parts = GradientParts.of(batch, Layout.PADDED, SLOTS);
    try (CausalLm first = ModelLoader.load(Loading.forTraining(start, TestDevice.NAME));
        CausalLm second = ModelLoader.load(Loading.forTraining(start, TestDevice.NAME));
        PolicyLearner alone = learner(first, Optional.empty(), 0, 1);
        PolicyLearner other = learner(second, Optional.empty(), 0, 1)) {
      alone.accumulate(batch, new float[0][], new float[0][], batch.size());
      float[] whole = gradient(alone);
      alone.apply(0);
      float[] sum = new float[whole.length];
      for (int part = 0; part < parts.size(); part++) {
        PolicyLearner learner = part % 2 == 0 ? alone : other;
        learner.accumulate(
            parts.get(part).stream().map(batch::get).toList(),
            new float[0][],
            new float[0][],
            batch.size());
        float[] share = gradient(learner);
        learner.apply(0);
        for (int i = 0; i < sum.length; i++) {
          sum[i] += share[i];
        }
      }
      assertThat(sum).containsExactly(whole);
    }
  }

  @Test
  void theStepsOwnLogProbabilitiesAreThoseComputedBefore() {
    List<TrainingSequence> batch = batch(1);
    try (CausalLm policy = ModelLoader.load(Loading.forTraining(start, TestDevice.NAME));
        PolicyLearner learner = learner(policy, Optional.empty(), 0, 2)) {
      learner.accumulate(batch, learner.logProbabilities(batch), new float[0][], 5);
      float[] before = gradient(learner);
      UpdateStatistics expected = learner.apply(0);
      learner.accumulate(batch, new float[0][], new float[0][], 5);
      assertThat(gradient(learner)).containsExactly(before);
      UpdateStatistics actual = learner.apply(0);
      assertThat(actual).isEqualTo(expected);
      assertThat(actual.largestRatioDeviation().orElseThrow()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "4"})
  void theFirstPartThatDivergesIsNamedAndNothingIsKept(int workers) {
    List<TrainingSequence> batch = batch(1);
    List<List<Integer>> parts = GradientParts.of(batch, Layout.PADDED, SLOTS);
    assertThat(parts).hasSizeGreaterThan(5);
    try (CausalLm policy = ModelLoader.load(Loading.forTraining(start, TestDevice.NAME));
        PolicyLearner learner = learner(policy, Optional.empty(), 0, workers)) {
      float[][] old = learner.logProbabilities(batch);
      learner.accumulate(batch, old, new float[0][], 5);
      float[] sound = gradient(learner);
      learner.apply(0);
      String before = learner.digest();
      float[][] broken = Arrays.stream(old).map(float[]::clone).toArray(float[][]::new);
      for (int part : new int[] {2, 3, 5}) {
        broken[parts.get(part).get(0)][0] = Float.NaN;
      }
      assertThatThrownBy(() -> learner.accumulate(batch, broken, new float[0][], 5))
          .isInstanceOf(DivergenceException.class)
          .hasMessageContaining("loss is NaN in part 3 of " + parts.size());
      assertThat(gradient(learner)).containsOnly(0);
      assertThatThrownBy(() -> learner.apply(1e-3)).isInstanceOf(IllegalStateException.class);
      assertThat(learner.digest()).isEqualTo(before);
      learner.accumulate(batch, old, new float[0][], 5);
      assertThat(gradient(learner)).containsExactly(sound);
    }
  }

  private Outcome train(
      int workers,
      int slotsInFlight,
      Layout layout,
      double klCoefficient,
      ComputeSettings compute,
      boolean adapter) {
    // A GPU's sums are of its own order.
    assumeThat(TestDevice.NAME).isEqualTo("cpu");
    LoraSettings lora = adapter ? LoraSettings.of(4, 8, LoraTarget.all()) : LoraSettings.NONE;
    try (CausalLm policy =
            ModelLoader.load(
                Loading.forTraining(start, TestDevice.NAME)
                    .withAdapter(lora, 3)
                    .in(compute.precision()));
        CausalLm reference =
            ModelLoader.load(Loading.forUse(other, TestDevice.NAME).in(compute.precision()));
        PolicyLearner learner =
            new PolicyLearner(
                policy,
                Optional.of(reference),
                ObjectiveSettings.standard(klCoefficient, 0.8),
                Samples.ADAMW,
                layout,
                compute,
                new PartSettings(SLOTS, workers, slotsInFlight),
                Optional.empty())) {
      List<UpdateStatistics> statistics = new ArrayList<>();
      List<String> seen = new ArrayList<>();
      for (int step = 0; step < STEPS; step++) {
        List<TrainingSequence> batch = batch(100 * step);
        float[][] now = learner.logProbabilities(batch);
        float[][] distant = learner.referenceLogProbabilities(batch);
        seen.add(Arrays.deepToString(now));
        seen.add(Arrays.deepToString(distant));
        seen.add(
            Arrays.deepToString(
                learner.accumulate(batch, Samples.moved(now, 0.3, step), distant, batch.size())));
        statistics.add(learner.apply(1e-2));
      }
      return new Outcome(learner.digest(), statistics, seen);
    }
  }

  private List<String> warmStart(int workers, Layout layout, ComputeSettings compute) {
    assumeThat(TestDevice.NAME).isEqualTo("cpu");
    List<String> outcome = new ArrayList<>();
    try (CausalLm model = ModelLoader.load(Loading.forTraining(start, TestDevice.NAME));
        SupervisedLearner learner =
            new SupervisedLearner(
                model, Samples.ADAMW, layout, compute, new PartSettings(SLOTS, workers, 10_000))) {
      for (int step = 0; step < STEPS; step++) {
        List<TrainingSequence> batch = batch(100 * step);
        outcome.add(
            Double.toString(
                learner.step(
                    batch.stream().map(WorkersAgreeTest::tokens).toList(),
                    batch.stream().map(each -> each.promptTokenIds().length).toList(),
                    1e-2)));
      }
      outcome.add(model.digest());
    }
    return outcome;
  }

  private static PolicyLearner learner(
      CausalLm policy, Optional<CausalLm> reference, double klCoefficient, int workers) {
    return new PolicyLearner(
        policy,
        reference,
        ObjectiveSettings.standard(klCoefficient, 0.8),
        Samples.ADAMW,
        Layout.PADDED,
        ComputeSettings.STANDARD,
        new PartSettings(SLOTS, workers, 10_000),
        Optional.empty());
  }

  /** Of several parts in any layout, and with responses of no tokens. */
  private static List<TrainingSequence> batch(int seed) {
    return IntStream.range(0, 24)
        .mapToObj(i -> Samples.sequence(seed + i, 2 + i % 3, 3 * ((i * 7 + seed) % 10)))
        .toList();
  }

  private static int[] tokens(TrainingSequence sequence) {
    return IntStream.concat(
            IntStream.of(sequence.promptTokenIds()), IntStream.of(sequence.responseTokenIds()))
        .toArray();
  }

  private static float[] gradient(PolicyLearner learner) {
    double[] wide = Samples.values(learner.optimizer().gradients().data());
    float[] gradient = new float[wide.length];
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = (float) wide[i];
    }
    return gradient;
  }
}

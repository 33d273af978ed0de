package io.capoflow.models.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.NaiveDecoder;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.generation.Generated.Ending;
import io.capoflow.models.tensor.TestDevice;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerationTest {
  private static final SamplingParameters SAMPLED = new SamplingParameters(0.9, 1, 24);

  @TempDir static Path directory;
  private static CausalLm model;
  private static NaiveDecoder naive;

  @BeforeAll
  static void loadModel() {
    DecoderConfig config = TinyModels.config(false, 2, List.of(TinyModels.EOS, 5));
    model = TinyModels.load(directory, config, 7);
    naive = new NaiveDecoder(config, model.tensors());
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @Test
  void recordedLogProbabilitiesAreThoseOfAFullForwardForRaggedPrompts() {
    List<GenerationRequest> batch = ragged(4);
    List<List<Generated>> generated = model.generate(batch, SAMPLED);
    for (int i = 0; i < batch.size(); i++) {
      for (Generated sample : generated.get(i)) {
        assertMatchesNaive(batch.get(i).promptTokenIds(), sample, 0.9);
      }
    }
  }

  @Test
  void samplesInvertTheCumulativeDistributionAtTheGivenUniforms() {
    List<GenerationRequest> batch = ragged(4);
    List<List<Generated>> generated = model.generate(batch, SAMPLED);
    for (int i = 0; i < batch.size(); i++) {
      int[] prompt = batch.get(i).promptTokenIds();
      for (int s = 0; s < generated.get(i).size(); s++) {
        Generated sample = generated.get(i).get(s);
        double[][] distribution = naive.logProbabilities(joined(prompt, sample.tokenIds()), 0.9);
        for (int t = 0; t < sample.tokenIds().length; t++) {
          double uniform = Draws.uniform(batch.get(i).drawKeys()[s], t);
          double[] row = distribution[prompt.length - 1 + t];
          double below = 0;
          for (int v = 0; v < sample.tokenIds()[t]; v++) {
            below += Math.exp(row[v]);
          }
          assertThat(uniform)
              .isBetween(below - 1e-5, below + Math.exp(row[sample.tokenIds()[t]]) + 1e-5);
        }
      }
    }
  }

  @Test
  void greedyDecodingTakesTheMostLikelyTokenAndRecordsItsUntemperedLogProbability() {
    List<GenerationRequest> batch = ragged(1);
    List<List<Generated>> generated = model.generate(batch, new SamplingParameters(0, 1, 24));
    for (int i = 0; i < batch.size(); i++) {
      int[] prompt = batch.get(i).promptTokenIds();
      Generated sample = generated.get(i).get(0);
      assertMatchesNaive(prompt, sample, 1);
      double[][] distribution = naive.logProbabilities(joined(prompt, sample.tokenIds()), 1);
      for (int t = 0; t < sample.tokenIds().length; t++) {
        double best = Arrays.stream(distribution[prompt.length - 1 + t]).max().orElseThrow();
        assertThat((double) sample.logProbabilities()[t]).isCloseTo(best, within(1e-4));
      }
    }
  }

  @Test
  void samplesEndWithAnEndTokenOrAtTheLimit() {
    List<Generated> all =
        model.generate(ragged(16), SAMPLED).stream().flatMap(List::stream).toList();
    for (Generated sample : all) {
      int[] ids = sample.tokenIds();
      boolean ended = ids[ids.length - 1] == TinyModels.EOS || ids[ids.length - 1] == 5;
      assertThat(sample.ending()).isEqualTo(ended ? Ending.END_TOKEN : Ending.LENGTH);
      assertThat(Arrays.stream(ids, 0, ids.length - 1)).doesNotContain(TinyModels.EOS, 5);
      assertThat(ended || ids.length == 24).isTrue();
      assertThat(sample.logProbabilities()).hasSameSizeAs(ids);
    }
    // Both ways of ending, early ends among them, so that rows left the batch on the way.
    assertThat(all).extracting(Generated::ending).contains(Ending.END_TOKEN);
    assertThat(all).extracting(Generated::ending).contains(Ending.LENGTH);
    assertThat(all.stream().filter(sample -> sample.tokenIds().length < 6).count())
        .isGreaterThan(16);
  }

  @Test
  void theSameBatchGivesTheSameBits() {
    assertSame(model.generate(ragged(8), SAMPLED), model.generate(ragged(8), SAMPLED));
  }

  @Test
  void theSameDrawKeyGivesTheSameSampleWithinABatch() {
    int[] prompt = {3, 1, 4, 1, 5};
    List<Generated> samples =
        model
            .generate(List.of(new GenerationRequest(prompt, new long[] {9, 8, 9})), SAMPLED)
            .get(0);
    assertThat(samples.get(0).tokenIds()).isEqualTo(samples.get(2).tokenIds());
    // A row's place in the batch moves the last bits of its sums.
    assertThat(samples.get(0).logProbabilities())
        .containsExactly(samples.get(2).logProbabilities(), within(1e-5f));
    assertThat(samples.get(0).tokenIds()).isNotEqualTo(samples.get(1).tokenIds());
  }

  @Test
  void theOrderOfABatchDecidesOnlyTheOrderOfItsResults() {
    List<GenerationRequest> batch = ragged(4);
    List<GenerationRequest> reversed = new ArrayList<>(batch);
    Collections.reverse(reversed);
    List<List<Generated>> expected = new ArrayList<>(model.generate(reversed, SAMPLED));
    Collections.reverse(expected);
    List<List<Generated>> actual = model.generate(batch, SAMPLED);
    for (int i = 0; i < batch.size(); i++) {
      for (int s = 0; s < 4; s++) {
        assertThat(actual.get(i).get(s).tokenIds()).isEqualTo(expected.get(i).get(s).tokenIds());
      }
    }
  }

  @Test
  void severalThreadsGenerateAsOneDoesFromTheFirstCallOn() throws Exception {
    List<List<Generated>> alone = model.generate(ragged(8), SAMPLED);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (CausalLm fresh = ModelLoader.load(Loading.forUse(directory, TestDevice.NAME))) {
      List<Callable<List<List<Generated>>>> calls =
          Collections.nCopies(12, () -> fresh.generate(ragged(8), SAMPLED));
      for (Future<List<List<Generated>>> result : threads.invokeAll(calls)) {
        assertSame(result.get(), alone);
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void topPSamplesWithinTheNucleusAndRecordsUntruncatedLogProbabilities() {
    double topP = 0.6;
    List<GenerationRequest> batch = ragged(16);
    List<List<Generated>> generated = model.generate(batch, new SamplingParameters(0.9, topP, 12));
    for (int i = 0; i < batch.size(); i++) {
      int[] prompt = batch.get(i).promptTokenIds();
      for (int s = 0; s < 16; s++) {
        Generated sample = generated.get(i).get(s);
        assertMatchesNaive(prompt, sample, 0.9);
        double[][] distribution = naive.logProbabilities(joined(prompt, sample.tokenIds()), 0.9);
        for (int t = 0; t < sample.tokenIds().length; t++) {
          double[] row = distribution[prompt.length - 1 + t];
          int expected = nucleusDraw(row, topP, Draws.uniform(batch.get(i).drawKeys()[s], t));
          assertThat(sample.tokenIds()[t]).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void aTinyNucleusIsGreedyDecoding() {
    List<List<Generated>> greedy = model.generate(ragged(1), new SamplingParameters(0, 1, 24));
    List<List<Generated>> nucleus = model.generate(ragged(1), new SamplingParameters(1, 1e-9, 24));
    for (int i = 0; i < greedy.size(); i++) {
      assertThat(nucleus.get(i).get(0).tokenIds()).isEqualTo(greedy.get(i).get(0).tokenIds());
    }
  }

  @Test
  void uniformsAtTheEdgesDrawTokensThatHaveSomeProbability() {
    // The last token has no probability at all, the one before it lies outside the nucleus.
    float[] logits = {0, 5, -1000, 4, -3, Float.NEGATIVE_INFINITY};
    assertThat(draw(logits, 0, 1)).isEqualTo(0);
    assertThat(draw(logits, Math.nextDown(1.0), 1)).isEqualTo(4);
    assertThat(draw(logits, 0, 0.9)).isEqualTo(1);
    assertThat(draw(logits, Math.nextDown(1.0), 0.9)).isEqualTo(3);
  }

  @Test
  void samplesOfAPromptAreCountedByItsDrawKeys() {
    List<List<Generated>> generated =
        model.generate(
            List.of(
                new GenerationRequest(new int[] {3}, new long[] {1, 2}),
                new GenerationRequest(new int[] {4, 5}, new long[0]),
                new GenerationRequest(new int[] {6}, new long[] {3})),
            SAMPLED);
    assertThat(generated).extracting(List::size).containsExactly(2, 0, 1);
    assertThat(model.generate(List.of(), SAMPLED)).isEmpty();
  }

  @Test
  void impossiblePromptsAreRefused() {
    assertThatThrownBy(() -> generate(new int[0], 4)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> generate(new int[] {TinyModels.VOCABULARY}, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("vocabulary");
    assertThatThrownBy(() -> generate(new int[] {1}, 256))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("max_position_embeddings of 256");
  }

  private static void generate(int[] prompt, int limit) {
    model.generate(
        List.of(new GenerationRequest(prompt, new long[] {1})),
        new SamplingParameters(1, 1, limit));
  }

  private static long draw(float[] logits, double uniform, double topP) {
    try (NDManager scope = model.newScope()) {
      return model
          .script()
          .call(
              scope,
              "draw",
              scope.create(logits, new Shape(1, logits.length)),
              scope.create(new double[] {uniform}),
              1.0,
              0,
              topP,
              0.0)
          .get(0)
          .getLong();
    }
  }

  /** Inverts the renormalised nucleus in vocabulary order. */
  private static int nucleusDraw(double[] logProbabilities, double topP, double uniform) {
    List<Integer> order =
        IntStream.range(0, logProbabilities.length)
            .boxed()
            .sorted(Comparator.comparingDouble(v -> -logProbabilities[v]))
            .toList();
    double mass = 0;
    Set<Integer> nucleus = new HashSet<>();
    for (int v : order) {
      if (mass < topP) {
        nucleus.add(v);
        mass += Math.exp(logProbabilities[v]);
      }
    }
    double below = 0;
    for (int v = 0; v < logProbabilities.length; v++) {
      if (nucleus.contains(v)) {
        below += Math.exp(logProbabilities[v]) / mass;
        if (uniform < below) {
          return v;
        }
      }
    }
    throw new AssertionError("the nucleus has all the mass");
  }

  private static void assertSame(List<List<Generated>> actual, List<List<Generated>> expected) {
    assertThat(actual).usingRecursiveComparison().withStrictTypeChecking().isEqualTo(expected);
  }

  private static void assertMatchesNaive(int[] prompt, Generated sample, double temperature) {
    double[][] distribution =
        naive.logProbabilities(joined(prompt, sample.tokenIds()), temperature);
    for (int t = 0; t < sample.tokenIds().length; t++) {
      assertThat((double) sample.logProbabilities()[t])
          .isCloseTo(distribution[prompt.length - 1 + t][sample.tokenIds()[t]], within(1e-4));
    }
  }

  /** Prompts of 1, 3, 7 and 12 tokens, each with some samples. */
  private static List<GenerationRequest> ragged(int samples) {
    List<GenerationRequest> batch = new ArrayList<>();
    for (int length : new int[] {3, 12, 1, 7}) {
      int[] prompt =
          IntStream.range(0, length).map(t -> (5 * t + length) % TinyModels.VOCABULARY).toArray();
      batch.add(
          new GenerationRequest(
              prompt,
              LongStream.range(0, samples).map(s -> Draws.key("draw", length, s)).toArray()));
    }
    return batch;
  }

  private static int[] joined(int[] prompt, int[] response) {
    return IntStream.concat(Arrays.stream(prompt), Arrays.stream(response)).toArray();
  }
}

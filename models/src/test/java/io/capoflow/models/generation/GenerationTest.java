package io.capoflow.models.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.llama.CausalLm;
import io.capoflow.models.llama.LlamaConfig;
import io.capoflow.models.llama.NaiveLlama;
import io.capoflow.models.llama.TinyModels;
import io.capoflow.schemas.Draws;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
  private static NaiveLlama naive;

  @BeforeAll
  static void loadModel() {
    LlamaConfig config = TinyModels.config(false, 2, List.of(TinyModels.EOS, 5));
    model = TinyModels.load(directory, config, 7);
    naive = new NaiveLlama(config, model.tensors());
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

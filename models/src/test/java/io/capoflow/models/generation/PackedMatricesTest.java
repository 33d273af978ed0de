package io.capoflow.models.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.DecoderConfig.Family;
import io.capoflow.models.decoder.FullForward;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.RopeScaling;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.tensor.Torch;
import io.capoflow.schemas.Draws;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Decoding multiplies with copies of the matrices, in oneDNN's order where they are large, and with
 * the matrices themselves where an adapter is on them: both are the model.
 */
class PackedMatricesTest {
  private static final int VOCABULARY = 300;
  private static final SamplingParameters SAMPLED = new SamplingParameters(0.9, 1, 20);

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(Family.class)
  void logProbabilitiesAreThoseOfAFullForward(Family family) {
    try (CausalLm model = TinyModels.load(directory, config(family), 3)) {
      assertRecordedAreTrue(model);
    }
  }

  @Test
  void ofAModelInHalfPrecision() {
    DecoderConfig config = config(Family.QWEN2);
    try (CausalLm model =
        ModelLoader.load(Loading.forUse(TinyModels.write(directory, config, 3, "BF16"), "cpu"))) {
      assertRecordedAreTrue(model);
    }
  }

  @Test
  void whatALearnerChangedInPlaceIsMultipliedWith() {
    DecoderConfig config = config(Family.LLAMA);
    try (CausalLm model = TinyModels.load(directory, config, 3)) {
      List<Generated> before = generate(model);
      model.trainable().arrays().forEach(weight -> weight.muli(0.9f));
      assertThat(generate(model)).usingRecursiveComparison().isNotEqualTo(before);
      assertRecordedAreTrue(model);
    }
  }

  @Test
  void anAdapterIsComputedBesideTheMatrixItself() {
    DecoderConfig config = config(Family.LLAMA);
    LoraSettings lora = LoraSettings.of(4, 8, LoraTarget.all());
    TinyModels.write(directory, config, 3, "F32");
    try (CausalLm whole = ModelLoader.load(Loading.forUse(directory, "cpu"));
        CausalLm adapted =
            ModelLoader.load(Loading.forTraining(directory, "cpu").withAdapter(lora, 1))) {
      List<Generated> expected = generate(whole);
      assertFresh(generate(adapted), expected);

      adapted.trainable().arrays().forEach(matrix -> matrix.addi(0.05f));
      assertThat(generate(adapted)).usingRecursiveComparison().isNotEqualTo(expected);
      assertRecordedAreTrue(adapted, lora);
    }
  }

  /** A fresh adapter changes nothing. */
  private static void assertFresh(List<Generated> actual, List<Generated> expected) {
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i).tokenIds()).isEqualTo(expected.get(i).tokenIds());
      assertThat(actual.get(i).logProbabilities())
          .containsExactly(expected.get(i).logProbabilities(), within(1e-4f));
    }
  }

  @Test
  void theSameBatchGivesTheSameBits() {
    try (CausalLm model = TinyModels.load(directory, config(Family.QWEN3), 3)) {
      assertThat(generate(model)).usingRecursiveComparison().isEqualTo(generate(model));
    }
  }

  @Test
  void theEngineThatThisProjectBringsHasOneDnn() {
    assertThat(Torch.hasOneDnn()).isTrue();
  }

  /** Wide enough for its larger matrices to be laid out anew; it has an end token that is met. */
  private static DecoderConfig config(Family family) {
    return new DecoderConfig(
        family,
        family == Family.QWEN2,
        VOCABULARY,
        192,
        2,
        6,
        2,
        32,
        256,
        1e-5,
        10_000,
        new RopeScaling.Plain(),
        false,
        128,
        OptionalInt.empty(),
        IntStream.range(0, 20).boxed().toList(),
        OptionalInt.empty());
  }

  private static List<GenerationRequest> batch() {
    List<GenerationRequest> batch = new ArrayList<>();
    for (int length : new int[] {3, 9, 1}) {
      batch.add(
          new GenerationRequest(
              IntStream.range(0, length).map(t -> (7 * t + length) % VOCABULARY).toArray(),
              LongStream.range(0, 12).map(s -> Draws.key("packed", length, s)).toArray()));
    }
    return batch;
  }

  private static List<Generated> generate(CausalLm model) {
    return model.generate(batch(), SAMPLED).stream().flatMap(List::stream).toList();
  }

  private static void assertRecordedAreTrue(CausalLm model) {
    assertRecordedAreTrue(model, LoraSettings.NONE);
  }

  private static void assertRecordedAreTrue(CausalLm model, LoraSettings lora) {
    List<GenerationRequest> batch = batch();
    List<List<Generated>> generated = model.generate(batch, SAMPLED);
    int ended = 0;
    try (FullForward forward = new FullForward(model, lora)) {
      for (int i = 0; i < batch.size(); i++) {
        int[] prompt = batch.get(i).promptTokenIds();
        for (Generated sample : generated.get(i)) {
          int[] response = sample.tokenIds();
          int[] ids = IntStream.concat(IntStream.of(prompt), IntStream.of(response)).toArray();
          float[] logits = forward.logits(new int[][] {ids});
          for (int t = 0; t < response.length; t++) {
            double expected = logProbability(logits, prompt.length - 1 + t, response[t]);
            assertThat((double) sample.logProbabilities()[t])
                .isCloseTo(expected, within(tolerance(model)));
          }
          ended += response.length < SAMPLED.maxNewTokens() ? 1 : 0;
        }
      }
    }
    assertThat(ended).as("rows that left the batch").isPositive();
  }

  private static double tolerance(CausalLm model) {
    // Logits of 8 to 16 are a sixteenth apart in bfloat16.
    return model.trainable().type().bytes() < Float.BYTES ? 0.25 : 1e-4;
  }

  private static double logProbability(float[] logits, int time, int token) {
    double temperature = SAMPLED.temperature();
    int start = time * VOCABULARY;
    double max = Double.NEGATIVE_INFINITY;
    for (int v = 0; v < VOCABULARY; v++) {
      max = Math.max(max, logits[start + v] / temperature);
    }
    double sum = 0;
    for (int v = 0; v < VOCABULARY; v++) {
      sum += Math.exp(logits[start + v] / temperature - max);
    }
    return logits[start + token] / temperature - max - Math.log(sum);
  }
}

package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.FullForward;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.tensor.TestDevice;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Our numbers against those of the independent model in {@code make_reference_checkpoints.py}, on
 * small random checkpoints of every family. Prints the largest deviations at the end.
 */
class ReferenceParityTest {
  private static final double TOLERANCE = 1e-4;

  /** Numbers that a half-precision model is away from the same weights' float32 ones. */
  private static final double HALF_TOLERANCE = 0.25;

  /** Stride of the gradients that the script keeps of a large tensor, and what is large. */
  private static final int EVERY = 5;

  private static final int LARGE = 512;

  /** What is compared, in the order of the table. */
  private static final List<String> COLUMNS =
      List.of(
          "logits",
          "cached",
          "positions",
          "2,048 tokens",
          "2,048 cached",
          "samples",
          "padded log-probabilities",
          "packed log-probabilities",
          "padded gradients",
          "packed gradients",
          "half-precision logits");

  private static final Map<String, Map<String, Double>> DEVIATIONS = new TreeMap<>();

  static List<ReferenceCase> cases() {
    return ReferenceCase.all();
  }

  @AfterAll
  static void printDeviations() {
    StringBuilder table = new StringBuilder("| checkpoint | " + String.join(" | ", COLUMNS) + " |");
    table.append("\n|---").append("|---".repeat(COLUMNS.size())).append("|\n");
    DEVIATIONS.forEach(
        (name, row) -> {
          table.append("| ").append(name);
          COLUMNS.forEach(
              column ->
                  table.append(
                      row.containsKey(column) ? " | %.1e".formatted(row.get(column)) : " | "));
          table.append(" |\n");
        });
    System.out.println("Largest absolute deviations from the reference:\n" + table);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void allLogitsAreTheReferences(ReferenceCase reference) {
    try (CausalLm model =
            ModelLoader.load(Loading.forTraining(reference.directory(), TestDevice.NAME));
        FullForward forward = new FullForward(model)) {
      int[][] ids = reference.tokens("forward.ids");
      float[] expected = reference.numbers("forward.logits");
      check(reference, "logits", forward.logits(ids), expected);
      for (int prompt : new int[] {1, 10, 23}) {
        check(reference, "cached", forward.cachedLogits(ids, prompt), expected);
      }
      check(
          reference,
          "positions",
          forward.logits(
              reference.tokens("gap.ids"), new int[][] {reference.integers("gap.positions")}),
          reference.numbers("gap.logits"));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void logitsOfTwoThousandTokensAreTheReferences(ReferenceCase reference) {
    try (CausalLm model =
            ModelLoader.load(Loading.forTraining(reference.directory(), TestDevice.NAME));
        FullForward forward = new FullForward(model)) {
      int[][] ids = reference.tokens("long.ids");
      assertThat(ids[0]).hasSize(2048);
      int[] kept = reference.integers("long.kept");
      int width = model.config().vocabularySize();
      float[] expected = reference.numbers("long.logits");
      check(reference, "2,048 tokens", rows(forward.logits(ids), kept, width), expected);
      check(
          reference, "2,048 cached", rows(forward.cachedLogits(ids, 2040), kept, width), expected);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void greedySamplesOfAnyBatchAreTheReferences(ReferenceCase reference) {
    try (CausalLm model =
        ModelLoader.load(Loading.forTraining(reference.directory(), TestDevice.NAME))) {
      List<GenerationRequest> requests =
          Arrays.stream(reference.tokens("greedy.prompts"))
              .map(prompt -> new GenerationRequest(prompt, new long[] {1}))
              .toList();
      int[][] tokens = reference.tokens("greedy.tokens");
      float[][] expected = reference.numbers("greedy.log_probabilities", tokens);
      assertThat(requests).hasSize(64);
      for (int size : new int[] {1, 2, 7, 32, 64}) {
        for (int start = 0; start < requests.size(); start += size) {
          int end = Math.min(start + size, requests.size());
          List<List<Generated>> samples =
              model.generate(requests.subList(start, end), new SamplingParameters(0, 1, 8));
          for (int i = start; i < end; i++) {
            Generated sample = samples.get(i - start).get(0);
            assertThat(sample.tokenIds()).isEqualTo(tokens[i]);
            check(reference, "samples", sample.logProbabilities(), expected[i]);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void logProbabilitiesAndGradientsAreTheReferences(ReferenceCase reference) {
    for (Layout layout : Layout.values()) {
      try (CausalLm model =
              ModelLoader.load(Loading.forTraining(reference.directory(), TestDevice.NAME));
          PolicyLearner learner =
              new PolicyLearner(
                  model,
                  Optional.empty(),
                  ObjectiveSettings.standard(0, 0.7),
                  Samples.ADAMW,
                  layout,
                  Optional.empty())) {
        List<TrainingSequence> sequences = sequences(reference);
        String form = layout == Layout.PACKED ? "packed " : "padded ";
        float[][] expected =
            reference.numbers("training.log_probabilities", reference.tokens("training.responses"));
        float[][] old = learner.logProbabilities(sequences);
        for (int i = 0; i < sequences.size(); i++) {
          check(reference, form + "log-probabilities", old[i], expected[i]);
          // Alone, a row is not padded.
          check(
              reference,
              form + "log-probabilities",
              learner.logProbabilities(sequences.subList(i, i + 1))[0],
              expected[i]);
        }
        for (int from = 0; from < sequences.size(); from += 5) {
          int to = Math.min(from + 5, sequences.size());
          learner.accumulate(
              sequences.subList(from, to),
              Arrays.copyOfRange(old, from, to),
              new float[0][],
              sequences.size());
        }
        SortedMap<String, TensorData> gradients = learner.optimizer().gradients().data();
        assertThat(gradients.keySet()).isEqualTo(model.tensors().keySet());
        gradients.forEach(
            (name, gradient) -> {
              var floats = gradient.bytes().asFloatBuffer();
              int count = floats.remaining();
              int stride = count <= LARGE ? 1 : EVERY;
              float[] kept = new float[(count + stride - 1) / stride];
              for (int i = 0; i < kept.length; i++) {
                kept[i] = floats.get(i * stride);
              }
              check(reference, form + "gradients", kept, reference.numbers("gradient." + name));
            });
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void halfPrecisionModelsSampleAndStayNear(ReferenceCase reference) {
    try (CausalLm model = ModelLoader.load(Loading.forUse(reference.directory(), TestDevice.NAME));
        FullForward forward = new FullForward(model)) {
      boolean half = model.trainable().type().bytes() == 2;
      double tolerance = half ? HALF_TOLERANCE : TOLERANCE;
      String column = half ? "half-precision logits" : "logits";
      int[][] ids = reference.tokens("forward.ids");
      float[] expected = reference.numbers("forward.logits");
      check(reference, column, forward.logits(ids), expected, tolerance);
      check(reference, column, forward.cachedLogits(ids, 10), expected, tolerance);
      List<Generated> samples =
          model
              .generate(
                  List.of(new GenerationRequest(ids[0], new long[] {1, 2, 3, 4})),
                  new SamplingParameters(0.8, 0.95, 32))
              .get(0);
      assertThat(samples).hasSize(4).allSatisfy(s -> assertThat(s.tokenIds()).isNotEmpty());
    }
  }

  private static List<TrainingSequence> sequences(ReferenceCase reference) {
    int[][] prompts = reference.tokens("training.prompts");
    int[][] responses = reference.tokens("training.responses");
    float[][] advantages = reference.numbers("training.advantages", responses);
    return IntStream.range(0, prompts.length)
        .mapToObj(i -> new TrainingSequence(prompts[i], responses[i], advantages[i]))
        .toList();
  }

  private static float[] rows(float[] all, int[] kept, int width) {
    float[] rows = new float[kept.length * width];
    for (int i = 0; i < kept.length; i++) {
      System.arraycopy(all, kept[i] * width, rows, i * width, width);
    }
    return rows;
  }

  private static void check(
      ReferenceCase reference, String what, float[] actual, float[] expected) {
    check(reference, what, actual, expected, TOLERANCE);
  }

  private static void check(
      ReferenceCase reference, String what, float[] actual, float[] expected, double tolerance) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    double largest = 0;
    for (int i = 0; i < actual.length; i++) {
      double deviation = Math.abs((double) actual[i] - expected[i]);
      assertThat(deviation).as("%s of %s at %d", what, reference, i).isLessThan(tolerance);
      largest = Math.max(largest, deviation);
    }
    DEVIATIONS
        .computeIfAbsent(reference.toString(), ignored -> new TreeMap<>())
        .merge(what, largest, Math::max);
  }
}

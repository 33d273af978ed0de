package io.capoflow.models.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.generation.Generated.Ending;
import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.models.learning.PolicyLearner;
import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.schemas.Draws;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SamplingOptionsTest {
  private static final Set<Integer> ENDS = Set.of(TinyModels.EOS, 5, 11);
  private static final List<String> STOP = List.of("w3 w", "w9", "w4 w4");

  @TempDir static Path directory;
  private static CausalLm model;

  @BeforeAll
  static void loadModel() {
    model = TinyModels.load(directory, TinyModels.config(false, 2, List.copyOf(ENDS)), 7);
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 64})
  void theLearnersLogProbabilitiesAreTheSamplersWhateverTheOptions(int rows) {
    for (SamplingParameters parameters :
        List.of(
            new SamplingParameters(1, 1, 24),
            new SamplingParameters(0, 1, 24),
            new SamplingParameters(0.7, 0.8, 24),
            new SamplingParameters(1.3, 1, 3, 0, List.of(), 24),
            new SamplingParameters(1.3, 1, 0, 0.2, List.of(), 24),
            new SamplingParameters(0.9, 1, 0, 0, STOP, 24),
            new SamplingParameters(0.9, 0.9, 8, 0.05, STOP, 24))) {
      List<GenerationRequest> batch = batch(rows);
      List<Generated> generated =
          model.generate(batch, parameters).stream().flatMap(List::stream).toList();
      assertThat(generated).hasSize(rows);
      List<TrainingSequence> sequences = new ArrayList<>();
      int row = 0;
      for (GenerationRequest request : batch) {
        for (int s = 0; s < request.drawKeys().length; s++, row++) {
          int[] ids = generated.get(row).tokenIds();
          sequences.add(new TrainingSequence(request.promptTokenIds(), ids, new float[ids.length]));
        }
      }
      double temperature = parameters.greedy() ? 1 : parameters.temperature();
      try (PolicyLearner learner =
          new PolicyLearner(
              model,
              Optional.empty(),
              ObjectiveSettings.standard(0, temperature),
              new AdamWSettings(0.9, 0.95, 1e-8, 0, 1),
              Layout.PADDED,
              Optional.empty())) {
        float[][] expected = learner.logProbabilities(sequences);
        for (int i = 0; i < rows; i++) {
          assertThat(generated.get(i).logProbabilities())
              .as("%s, row %d", parameters.identity(), i)
              .containsExactly(expected[i], within(1e-4f));
        }
      }
    }
  }

  @Test
  void aResponseEndsWithTheTokenThatCompletesTheFirstStopText() {
    SamplingParameters free = new SamplingParameters(0.9, 1, 24);
    List<Generated> without = flat(model.generate(batch(64), free));
    List<Generated> with =
        flat(model.generate(batch(64), new SamplingParameters(0.9, 1, 0, 0, STOP, 24)));
    Set<Ending> endings = new HashSet<>();
    for (int i = 0; i < 64; i++) {
      Generated expected = cutAtStopText(without.get(i));
      assertThat(with.get(i).tokenIds()).isEqualTo(expected.tokenIds());
      assertThat(with.get(i).ending()).isEqualTo(expected.ending());
      assertThat(with.get(i).logProbabilities())
          .containsExactly(expected.logProbabilities(), within(1e-5f));
      endings.add(with.get(i).ending());
    }
    assertThat(endings).containsExactlyInAnyOrder(Ending.values());
  }

  @Test
  void aStopTextThatTheLastTokenCompletesIsNoCut() {
    Generated free = flat(model.generate(batch(1), new SamplingParameters(0.9, 1, 24))).get(0);
    int first = free.tokenIds()[0];
    Generated stopped =
        flat(model.generate(
                batch(1), new SamplingParameters(0.9, 1, 0, 0, List.of("w" + first), 1)))
            .get(0);
    assertThat(stopped.tokenIds()).containsExactly(first);
    assertThat(stopped.ending())
        .isEqualTo(ENDS.contains(first) ? Ending.END_TOKEN : Ending.STOP_TEXT);
  }

  @Test
  void theSameBatchWithStopTextsGivesTheSameBits() {
    SamplingParameters parameters = new SamplingParameters(0.9, 0.95, 12, 0.01, STOP, 24);
    assertThat(model.generate(batch(64), parameters))
        .usingRecursiveComparison()
        .isEqualTo(model.generate(batch(64), parameters));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void rowsThatEndLeaveTheBatchAtOnce(boolean shared) {
    int rows = 32;
    int limit = 12;
    long[] prompt = {3, 1, 4};
    double[] uniforms =
        IntStream.range(0, rows * limit).mapToDouble(i -> Draws.uniform(4, i)).toArray();
    try (NDManager scope = model.newScope();
        NDArray noStems = scope.create(new long[0], new Shape(0, 0));
        TorchScript.Value noRoot =
            model.script().evaluate("read_root", model.decoder(), noStems, 0);
        TorchScript.Value stems =
            model.script().evaluate("read_stems", model.decoder(), noStems, noRoot, 0);
        TorchScript.Value state =
            model
                .script()
                .evaluate(
                    "begin",
                    model.decoder(),
                    stems,
                    scope.create(uniforms, new Shape(rows, limit)),
                    scope.create(ENDS.stream().mapToLong(id -> id).toArray()),
                    rows,
                    1,
                    rows,
                    prompt.length,
                    shared,
                    1.0,
                    0,
                    1.0,
                    0.0);
        TorchScript.Value read =
            model
                .script()
                .evaluate(
                    "read_prompts",
                    model.decoder(),
                    state,
                    scope.create(prompt, new Shape(1, prompt.length)),
                    scope.create(new long[] {0}),
                    0)) {
      model.script().run("read_layers", model.decoder(), read, model.config().layers());
      long[] all = LongStream.range(0, rows).toArray();
      NDList open =
          model
              .script()
              .call(
                  scope,
                  "admit",
                  model.decoder(),
                  state,
                  read,
                  scope.create(new long[] {prompt.length}),
                  scope.create(new long[rows]),
                  scope.create(all),
                  scope.create(all));
      int worked = rows;
      for (int length = 1; length <= limit; length++) {
        long[] drawn = drawn(scope, state);
        Set<Long> expected = new HashSet<>();
        for (long row : all) {
          long last = drawn[(int) row * limit + length - 1];
          if (last >= 0 && !ENDS.contains((int) last) && length < limit) {
            expected.add(row);
          }
        }
        assertThat(Arrays.stream(open.get("rows").toLongArray()).boxed())
            .containsExactlyInAnyOrderElementsOf(expected);
        worked += expected.size();
        open = model.script().call(scope, "advance", model.decoder(), state, 0, 1);
      }
      // The work done is the tokens drawn, no more.
      assertThat(worked)
          .isEqualTo(Arrays.stream(drawn(scope, state)).filter(id -> id >= 0).count())
          .isLessThan(rows * limit / 2);
    }
  }

  private static long[] drawn(NDManager scope, TorchScript.Value state) {
    return model.script().call(scope, "drawn", state).get("tokens").toLongArray();
  }

  private static Generated cutAtStopText(Generated free) {
    int[] ids = free.textTokenIds();
    for (int length = 1; length <= ids.length; length++) {
      String text = model.tokenizer().decode(Arrays.copyOf(ids, length));
      if (STOP.stream().anyMatch(text::contains)) {
        return new Generated(
            Arrays.copyOf(ids, length),
            Arrays.copyOf(free.logProbabilities(), length),
            Ending.STOP_TEXT);
      }
    }
    return free;
  }

  /** That many rows over prompts of unequal length. */
  private static List<GenerationRequest> batch(int rows) {
    List<GenerationRequest> batch = new ArrayList<>();
    int[] lengths = {3, 12, 1, 7};
    for (int i = 0; i < lengths.length; i++) {
      int length = lengths[i];
      int samples = rows / lengths.length + (i < rows % lengths.length ? 1 : 0);
      batch.add(
          new GenerationRequest(
              IntStream.range(0, length).map(t -> (5 * t + length) % 19).toArray(),
              LongStream.range(0, samples).map(s -> Draws.key("option", length, s)).toArray()));
    }
    return batch;
  }

  private static List<Generated> flat(List<List<Generated>> generated) {
    return generated.stream().flatMap(List::stream).toList();
  }
}

package io.capoflow.models.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.NaiveDecoder;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.schemas.Draws;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows that take the places of others are continued as if they had been alone. */
class RefillTest {
  private static final int LIMIT = 24;
  private static final SamplingParameters SAMPLED = new SamplingParameters(0.9, 1, LIMIT);

  /** With so many samples, prompts of some length are shared, and with one they are not. */
  private static final int MANY = 48;

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

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 8, 13, 40})
  void rowsAreContinuedAlikeHoweverManyAreDecodedAtATime(int maxRows) {
    List<GenerationRequest> requests = requests(12, 3);
    assertAlike(model.generate(requests, SAMPLED, maxRows), model.generate(requests, SAMPLED));
    assertTrue(requests, model.generate(requests, SAMPLED, maxRows));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void oneRowAPromptIsRefilledAlike(int maxRows) {
    List<GenerationRequest> requests = requests(20, 1);
    assertThat(sharesPrompts(requests, maxRows)).isFalse();
    List<List<Generated>> refilled = model.generate(requests, SAMPLED, maxRows);
    assertAlike(refilled, model.generate(requests, SAMPLED));
    assertTrue(requests, refilled);
  }

  @Test
  void promptsThatAreSharedAreRefilledAlike() {
    List<GenerationRequest> requests = longRequests();
    int maxRows = 3 * MANY;
    assertThat(sharesPrompts(requests, maxRows)).isTrue();
    List<List<Generated>> refilled = model.generate(requests, SAMPLED, maxRows);
    assertTrue(requests, refilled);
    // One at a time, too few numbers are spared to share.
    assertThat(sharesPrompts(requests, MANY)).isFalse();
    assertAlike(refilled, model.generate(requests, SAMPLED, MANY));
    assertAlike(refilled, model.generate(requests, SAMPLED));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 6, 100})
  void promptsThatBeginAlikeAreContinuedAsIfEachWereReadAlone(int maxRows) {
    List<GenerationRequest> requests = alikeRequests();
    PromptStems stems =
        PromptStems.of(requests.stream().map(GenerationRequest::promptTokenIds).toList(), 8);
    assertThat(stems.stems()).hasSize(3);
    assertThat(stems.rootTokens()).isPositive();
    List<List<Generated>> together = model.generate(requests, SAMPLED, maxRows);
    assertTrue(requests, together);
    assertAlike(
        together,
        requests.stream()
            .map(request -> model.generate(List.of(request), SAMPLED, maxRows).get(0))
            .toList());
  }

  @Test
  void aRequestOfMoreRowsThanAreDecodedAtATimeIsDecodedAlone() {
    List<GenerationRequest> requests = new ArrayList<>(requests(3, 2));
    requests.add(1, request(4, 9));
    requests.add(new GenerationRequest(new int[] {3}, new long[0]));
    List<List<Generated>> generated = model.generate(requests, SAMPLED, 4);
    assertThat(generated).extracting(List::size).containsExactly(2, 9, 2, 2, 0);
    assertAlike(generated, model.generate(requests, SAMPLED));
  }

  @Test
  void theOrderOfRequestsDecidesOnlyTheOrderOfTheResults() {
    List<GenerationRequest> requests = requests(12, 3);
    List<GenerationRequest> reversed = new ArrayList<>(requests);
    Collections.reverse(reversed);
    List<List<Generated>> generated = new ArrayList<>(model.generate(reversed, SAMPLED, 9));
    Collections.reverse(generated);
    assertAlike(generated, model.generate(requests, SAMPLED, 9));
  }

  @Test
  void rowsMayAllEndWithTheirFirstToken() {
    List<GenerationRequest> requests = requests(12, 3);
    SamplingParameters one = new SamplingParameters(0.9, 1, 1);
    List<List<Generated>> generated = model.generate(requests, one, 6);
    assertThat(generated).allSatisfy(of -> assertThat(of).hasSize(3));
    for (int i = 0; i < requests.size(); i++) {
      for (int s = 0; s < 3; s++) {
        assertThat(generated.get(i).get(s).tokenIds())
            .containsExactly(model.generate(requests, SAMPLED).get(i).get(s).tokenIds()[0]);
      }
    }
  }

  @Test
  void aStopTextEndsARowWhoseNeighboursWereReplaced() {
    List<GenerationRequest> requests = requests(16, 4);
    SamplingParameters stopping =
        new SamplingParameters(0.9, 1, 0, 0, List.of("w3 w", "w11"), LIMIT);
    List<List<Generated>> refilled = model.generate(requests, stopping, 8);
    assertAlike(refilled, model.generate(requests, stopping));
    assertThat(refilled.stream().flatMap(List::stream).map(Generated::ending))
        .contains(Generated.Ending.values());
  }

  @Test
  void theSameCallGivesTheSameBits() {
    for (List<GenerationRequest> requests : List.of(requests(30, 3), longRequests())) {
      List<List<Generated>> first = model.generate(requests, SAMPLED, 3 * MANY);
      System.gc();
      assertThat(model.generate(requests, SAMPLED, 3 * MANY))
          .usingRecursiveComparison()
          .withStrictTypeChecking()
          .isEqualTo(first);
    }
  }

  @Test
  void atLeastOneRowIsDecoded() {
    assertThatThrownBy(() -> model.generate(requests(1, 1), SAMPLED, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("max_rows must be positive: 0");
  }

  private static boolean sharesPrompts(List<GenerationRequest> requests, int maxRows) {
    int longest = requests.stream().mapToInt(r -> r.promptTokenIds().length).max().orElseThrow();
    int samples = requests.stream().mapToInt(r -> r.drawKeys().length).max().orElseThrow();
    DecoderConfig config = model.config();
    return new Decoding(requests.size(), longest, samples, LIMIT, maxRows)
        .sharesPrompts((long) config.keyValueHeads() * config.headDimension());
  }

  /** Prompts of 1 to 13 tokens. */
  private static List<GenerationRequest> requests(int count, int samples) {
    return IntStream.range(0, count).mapToObj(i -> request(1 + 7 * i % 13, samples)).toList();
  }

  /** Prompts of quite different lengths, up to nearly all that there is room for. */
  private static List<GenerationRequest> longRequests() {
    return IntStream.of(200, 30, 190, 2, 110, 60, 199, 180, 150)
        .mapToObj(length -> request(length, MANY))
        .toList();
  }

  /** Three questions with a template before them, several answers to each, some of them equal. */
  private static List<GenerationRequest> alikeRequests() {
    return IntStream.range(0, 12)
        .mapToObj(
            i ->
                IntStream.concat(
                        IntStream.range(0, 20), // the template
                        IntStream.concat(
                            IntStream.range(0, 17 + i % 3).map(t -> 3 * t + i % 3), // a question
                            IntStream.range(0, 1 + i % 5).map(t -> 11 * t + i / 6)))
                    .map(t -> t % TinyModels.VOCABULARY)
                    .toArray())
        .map(
            prompt ->
                new GenerationRequest(
                    prompt,
                    LongStream.range(0, 2)
                        .map(s -> Draws.key("alike", Arrays.hashCode(prompt), s))
                        .toArray()))
        .toList();
  }

  private static GenerationRequest request(int length, int samples) {
    return new GenerationRequest(
        IntStream.range(0, length).map(t -> (5 * t + length) % TinyModels.VOCABULARY).toArray(),
        LongStream.range(0, samples).map(s -> Draws.key("refill", length, s)).toArray());
  }

  private static void assertAlike(List<List<Generated>> actual, List<List<Generated>> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i)).hasSameSizeAs(expected.get(i));
      for (int s = 0; s < expected.get(i).size(); s++) {
        Generated sample = actual.get(i).get(s);
        assertThat(sample.tokenIds()).isEqualTo(expected.get(i).get(s).tokenIds());
        assertThat(sample.ending()).isEqualTo(expected.get(i).get(s).ending());
        assertThat(sample.logProbabilities())
            .containsExactly(expected.get(i).get(s).logProbabilities(), within(1e-4f));
      }
    }
  }

  private static void assertTrue(
      List<GenerationRequest> requests, List<List<Generated>> generated) {
    for (int i = 0; i < requests.size(); i++) {
      int[] prompt = requests.get(i).promptTokenIds();
      for (Generated sample : generated.get(i)) {
        int[] ids =
            IntStream.concat(Arrays.stream(prompt), Arrays.stream(sample.tokenIds())).toArray();
        double[][] distribution = naive.logProbabilities(ids, SAMPLED.temperature());
        for (int t = 0; t < sample.tokenIds().length; t++) {
          assertThat((double) sample.logProbabilities()[t])
              .isCloseTo(distribution[prompt.length - 1 + t][sample.tokenIds()[t]], within(1e-4));
        }
      }
    }
  }
}

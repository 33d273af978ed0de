package io.capoflow.transforms.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.schemas.Draws;
import io.capoflow.transforms.storage.KlToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KlTokensTest {
  @Test
  void oneTokenCannotMoveTheCappedMean() {
    KlTokens calm = new KlTokens(2_000);
    KlTokens spiky = new KlTokens(2_000);
    double[] differences = differences(2_000);
    calm.add(0, "r", new int[2_000], new double[2_000], narrowed(differences));
    differences[700] = 8.8;
    spiky.add(0, "r", new int[2_000], new double[2_000], narrowed(differences));

    double mean = Arrays.stream(differences).map(KlTokensTest::k3).sum() / 2_000;
    assertThat(mean).isGreaterThan(3);
    assertThat(spiky.cappedMean().orElseThrow())
        .isLessThan(0.1)
        .isCloseTo(calm.cappedMean().orElseThrow(), within(1e-3));
    KlToken token = spiky.largest(id -> "three").get(0);
    assertThat(token.k3()).isCloseTo(k3((float) 8.8), within(1e-9));
    assertThat(token)
        .usingRecursiveComparison()
        .ignoringFields("k3")
        .isEqualTo(new KlToken("r", 700, 0, "three", 0, 0, 0, (float) 8.8));
  }

  @Test
  void theLargestThousandthRoundedUpCountsAsTheNextSmallerTokenDoes() {
    double[] differences = differences(2_500);
    KlTokens tokens = new KlTokens(2_500);
    // In two steps and several rollouts, as they come.
    int start = 0;
    for (int part : new int[] {1, 999, 800, 700}) {
      double[] some = Arrays.copyOfRange(differences, start, start + part);
      tokens.add(start / 1_000, "r" + part, new int[part], new double[part], narrowed(some));
      start += part;
    }

    double[] sorted = Arrays.stream(differences).map(d -> k3((float) d)).sorted().toArray();
    double sum = IntStream.range(0, 2_497).mapToDouble(i -> sorted[i]).sum() + 3 * sorted[2_496];
    assertThat(tokens.cappedMean().orElseThrow()).isCloseTo(sum / 2_500, within(1e-12));
    assertThat(tokens.largest(id -> ""))
        .extracting(KlToken::k3)
        .containsExactly(sorted[2_499], sorted[2_498], sorted[2_497], sorted[2_496], sorted[2_495]);
  }

  @Test
  void ofEqualTokensTheFirstAreNamedInWhateverOrderTheyCame() {
    List<KlToken> expected = null;
    List<Integer> order = new ArrayList<>(IntStream.range(0, 9).boxed().toList());
    for (int turn = 0; turn < 5; turn++) {
      KlTokens tokens = new KlTokens(9);
      for (int rollout : order) {
        tokens.add(rollout % 3, "r" + rollout, new int[] {7}, new double[1], new float[] {2});
      }
      List<KlToken> largest = tokens.largest(id -> "t" + id);
      assertThat(largest)
          .isSortedAccordingTo(
              Comparator.comparingInt(KlToken::step).thenComparing(KlToken::rolloutId))
          .extracting(KlToken::rolloutId)
          .containsExactly("r0", "r3", "r6", "r1", "r4");
      assertThat(expected == null || expected.equals(largest)).isTrue();
      expected = largest;
      Collections.rotate(order, 2);
    }
  }

  @Test
  void fewTokensLoseTheirLargestToo() {
    KlTokens tokens = new KlTokens(3);
    tokens.add(0, "r", new int[3], new double[3], new float[] {9, 0, 0});
    assertThat(tokens.cappedMean().orElseThrow()).isZero();
    KlTokens one = new KlTokens(1);
    one.add(0, "r", new int[1], new double[1], new float[] {1});
    assertThat(one.cappedMean().orElseThrow()).isCloseTo(Math.E - 2, within(1e-15));
  }

  @Test
  void withoutTokensNothingWasMeasured() {
    KlTokens none = new KlTokens(0);
    assertThat(none.cappedMean()).isEmpty();
    assertThat(none.largest(id -> "")).isEmpty();
  }

  private static double[] differences(int count) {
    long key = Draws.key("differences");
    return IntStream.range(0, count).mapToDouble(i -> 0.3 * Draws.gaussian(key, i)).toArray();
  }

  private static float[] narrowed(double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return narrow;
  }

  private static double k3(double difference) {
    return Math.exp(difference) - difference - 1;
  }
}

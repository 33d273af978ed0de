package io.capoflow.models.generation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.schemas.Draws;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.arbitraries.IntegerArbitrary;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Truncation and drawing, against a plain reading of their definitions. */
class TruncationPropertiesTest {
  private static CausalLm model;

  @BeforeContainer
  static void loadModel() throws IOException {
    model = TinyModels.load(Files.createTempDirectory("truncation"), TinyModels.config(), 1);
  }

  @AfterContainer
  static void closeModel() {
    model.close();
  }

  // Whole numbers for masses: their sums are exact, so nothing hangs on rounding, and ties abound.
  @Property(tries = 300)
  void truncationKeepsWhatItsDefinitionKeeps(
      @ForAll("twoRows") double[][] rows,
      @ForAll @IntRange(min = 0, max = 45) int topK,
      @ForAll @DoubleRange(min = 0.01, max = 1) double topP,
      @ForAll @DoubleRange(min = 0, max = 1) double minP) {
    assertThat(truncated(rows, topK, topP, minP))
        .isDeepEqualTo(
            Arrays.stream(rows)
                .map(row -> expected(row, topK, topP, minP))
                .toArray(double[][]::new));
  }

  @Property(tries = 40)
  void aLargeVocabularyIsTruncatedAlikeWhetherFewTokensSufficeOrNot(
      @ForAll("longRowWithAPeak") double[] row,
      @ForAll @IntRange(min = 0, max = 600) int topK,
      @ForAll @DoubleRange(min = 0.01, max = 1) double topP) {
    assertThat(truncated(new double[][] {row}, topK, topP, 0)[0])
        .isEqualTo(expected(row, topK, topP, 0));
  }

  @Property(tries = 100)
  void drawsInvertTheCumulativeDistributionInTheOrderOfTheVocabulary(
      @ForAll("row") double[] row, @ForAll long key) {
    double uniform = Draws.uniform(key, 0);
    double target = Math.min(uniform, 1 - 0x1p-52) * Arrays.stream(row).sum();
    int expected = 0;
    for (double below = row[0]; below <= target; below += row[expected]) {
      expected++;
    }
    assertThat(inverted(row, uniform)).isEqualTo(expected);
  }

  @Example
  void edges() {
    double[] row = {2, 0, 5, 5, 1};
    // More than there are, and none: all of them.
    assertThat(truncated(row, 5, 1, 0)).isEqualTo(row);
    assertThat(truncated(row, 99, 1, 0)).isEqualTo(row);
    assertThat(truncated(row, 0, 1, 0)).isEqualTo(row);
    // Top-k keeps what is as likely as the last, top-p the first of them.
    assertThat(truncated(row, 1, 1, 0)).containsExactly(0, 0, 5, 5, 0);
    assertThat(truncated(row, 0, 0.1, 0)).containsExactly(0, 0, 5, 0, 0);
    // Top-p reads the distribution that top-k left: half of 10, not of 13.
    assertThat(truncated(row, 2, 0.5, 0)).containsExactly(0, 0, 5, 0, 0);
    assertThat(truncated(row, 0, 0.5, 0)).containsExactly(0, 0, 5, 5, 0);
    assertThat(truncated(row, 0, 1, 0.4)).containsExactly(2, 0, 5, 5, 0);
    assertThat(truncated(row, 0, 1, 1)).containsExactly(0, 0, 5, 5, 0);
    // All mass on one token.
    double[] one = {0, 0, 7, 0};
    assertThat(truncated(one, 3, 0.9, 0.5)).isEqualTo(one);
    assertThat(inverted(one, 0)).isEqualTo(2);
    assertThat(inverted(one, Math.nextDown(1.0))).isEqualTo(2);
  }

  @Example
  void uniformsAtTheEdgesOfALargeVocabularyDrawTokensThatHaveSomeMass() {
    double[] row = new double[2_000];
    row[70] = 0.1;
    row[1_500] = 0.7;
    assertThat(inverted(row, 0)).isEqualTo(70);
    assertThat(inverted(row, 0.124)).isEqualTo(70);
    assertThat(inverted(row, 0.126)).isEqualTo(1_500);
    assertThat(inverted(row, Math.nextDown(1.0))).isEqualTo(1_500);
  }

  @Provide
  Arbitrary<double[][]> twoRows() {
    return Combinators.combine(between(1, 40), between(1, 30))
        .flatAs(
            (vocabulary, highest) -> masses(vocabulary, highest).array(double[][].class).ofSize(2));
  }

  @Provide
  Arbitrary<double[]> longRowWithAPeak() {
    return between(1_025, 1_400)
        .flatMap(
            vocabulary ->
                Combinators.combine(
                        masses(vocabulary, 9), between(0, vocabulary - 1), between(1, 100_000))
                    .as(TruncationPropertiesTest::with));
  }

  @Provide
  Arbitrary<double[]> row() {
    return Combinators.combine(between(1, 3_000), between(1, 9))
        .flatAs(TruncationPropertiesTest::masses);
  }

  /** Of which at least one is more than nothing. */
  private static Arbitrary<double[]> masses(int vocabulary, int highest) {
    return Combinators.combine(
            between(0, highest).array(int[].class).ofSize(vocabulary),
            between(0, vocabulary - 1),
            between(1, highest + 1))
        .as(
            (masses, some, mass) ->
                with(Arrays.stream(masses).asDoubleStream().toArray(), some, mass));
  }

  private static double[] with(double[] masses, int token, int mass) {
    double[] changed = masses.clone();
    changed[token] = mass;
    return changed;
  }

  private static IntegerArbitrary between(int least, int most) {
    return Arbitraries.integers().between(least, most);
  }

  private static double[] expected(double[] row, int topK, double topP, double minP) {
    double[] kept = row.clone();
    List<Integer> order =
        IntStream.range(0, row.length)
            .boxed()
            .sorted(Comparator.comparingDouble(v -> -row[v]))
            .toList();
    if (topK > 0 && topK < row.length) {
      double least = row[order.get(topK - 1)];
      drop(kept, v -> row[v] < least);
    }
    if (topP < 1) {
      double target = Arrays.stream(kept).sum() * topP;
      double reached = 0;
      for (int v : order) {
        double mass = kept[v];
        if (reached >= target) {
          kept[v] = 0;
        }
        reached += mass;
      }
    }
    double most = row[order.get(0)];
    drop(kept, v -> kept[v] < most * minP);
    return kept;
  }

  private static void drop(double[] kept, IntPredicate falls) {
    IntStream.range(0, kept.length).filter(falls).forEach(v -> kept[v] = 0);
  }

  private static double[] truncated(double[] row, int topK, double topP, double minP) {
    return truncated(new double[][] {row}, topK, topP, minP)[0];
  }

  private static double[][] truncated(double[][] rows, int topK, double topP, double minP) {
    int vocabulary = rows[0].length;
    try (NDManager scope = model.newScope()) {
      double[] flat =
          model
              .script()
              .call(
                  scope,
                  "truncate",
                  scope.create(
                      Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray(),
                      new Shape(rows.length, vocabulary)),
                  topK,
                  topP,
                  minP)
              .get(0)
              .toDoubleArray();
      return IntStream.range(0, rows.length)
          .mapToObj(r -> Arrays.copyOfRange(flat, r * vocabulary, (r + 1) * vocabulary))
          .toArray(double[][]::new);
    }
  }

  private static long inverted(double[] row, double uniform) {
    try (NDManager scope = model.newScope()) {
      return model
          .script()
          .call(
              scope,
              "invert",
              scope.create(row, new Shape(1, row.length)),
              scope.create(new double[] {uniform}, new Shape(1, 1)))
          .get(0)
          .getLong();
    }
  }
}

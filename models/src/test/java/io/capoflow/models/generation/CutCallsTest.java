package io.capoflow.models.generation;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Draws;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A generation is cut into native calls, between which it hears that it is cancelled. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CutCallsTest {
  private static final int LIMIT = 40;
  private static final SamplingParameters SAMPLED = new SamplingParameters(0.9, 1, LIMIT);
  private static final int ALL = Integer.MAX_VALUE;

  @TempDir static Path directory;
  private static CausalLm model;

  @BeforeAll
  static void loadModel() {
    DecoderConfig config = TinyModels.config(false, 2, List.of(TinyModels.EOS, 5));
    model = TinyModels.load(directory, config, 7);
  }

  @AfterAll
  static void closeModel() {
    model.close();
  }

  private record Work(
      String name, List<GenerationRequest> requests, SamplingParameters parameters, int maxRows) {
    @Override
    public String toString() {
      return name;
    }

    List<List<Generated>> generate(Generator generator) {
      return generator.generate(requests, parameters, maxRows);
    }
  }

  @ParameterizedTest
  @MethodSource("works")
  void whereCallsAreCutChangesNoBit(Work work) {
    List<Counted> whole = new ArrayList<>();
    List<List<Generated>> expected = work.generate(counting(Long.MAX_VALUE, whole));
    for (long units : new long[] {1, 3, 17}) {
      List<Counted> cut = new ArrayList<>();
      assertThat(bits(work.generate(counting(units, cut)))).isEqualTo(bits(expected));
      // Else nothing was cut, and nothing shown.
      assertThat(calls(cut)).isGreaterThanOrEqualTo(calls(whole));
      if (units == 1) {
        assertThat(calls(cut)).isGreaterThan(calls(whole));
      }
    }
    assertThat(bits(model.generate(work.requests, work.parameters, work.maxRows)))
        .isEqualTo(bits(expected));
  }

  @ParameterizedTest
  @MethodSource("works")
  void cancellingIsHeardAfterTheCallThatIsUnderWay(Work work) throws Exception {
    List<Counted> undisturbed = new ArrayList<>();
    List<List<Generated>> unused = work.generate(counting(1, undisturbed));
    int all = calls(undisturbed);
    for (int within : new int[] {1, 3, all / 2}) {
      CountDownLatch inside = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      List<NDManager> scopes = new ArrayList<>();
      int[] calls = {0};
      Generator generator =
          generator(
              () ->
                  new CallLength() {
                    @Override
                    public long units() {
                      return 1;
                    }

                    @Override
                    public void took(long done, long nanos) {
                      if (++calls[0] == within) {
                        inside.countDown();
                        awaitThoughInterrupted(goOn);
                      }
                    }
                  },
              scopes);
      FutureTask<List<List<Generated>>> generating =
          new FutureTask<>(() -> work.generate(generator));
      Thread thread = new Thread(generating, "generating");
      thread.start();
      inside.await();
      thread.interrupt();
      goOn.countDown();

      assertThat(failure(generating)).isInstanceOf(Cancelled.class);
      thread.join();
      assertThat(calls[0]).isEqualTo(within).isLessThan(all);
      assertThat(scopes).isNotEmpty().noneMatch(NDManager::isOpen);
    }
  }

  @Test
  void whoeverIsInterruptedBeginsNothing() {
    List<Counted> counted = new ArrayList<>();
    Thread.currentThread().interrupt();
    try {
      assertThat(failure(() -> atOnce().generate(counting(1, counted))))
          .isInstanceOf(Cancelled.class);
    } finally {
      // It stays interrupted, so that whatever it comes to next ends, too.
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(calls(counted)).isZero();
  }

  @Test
  void aCallDoesAsMuchAsTakesAboutHalfASecond() {
    CallLength length = CallLength.byTheClock();
    assertThat(length.units()).isOne();
    length.took(1, 1_000_000);
    assertThat(length.units()).isEqualTo(16);
    length.took(16, 16_000_000);
    assertThat(length.units()).isEqualTo(15 * 16);
    length.took(240, 240_000_000);
    assertThat(length.units()).isEqualTo(240);
    length.took(240, 1_000_000_000);
    assertThat(length.units()).isEqualTo(120);
    // What it did in place of all that it was given says nothing, unless it took too long.
    length.took(3, 1_000);
    assertThat(length.units()).isEqualTo(120);
    length.took(0, 600_000_000);
    assertThat(length.units()).isOne();
    length.took(1, 9_000_000_000L);
    assertThat(length.units()).isOne();
    length.took(1, 100_000_000);
    assertThat(length.units()).isEqualTo(2);
  }

  private static Work atOnce() {
    return new Work("at once", requests(6, 3, i -> 1 + 7 * i % 13), SAMPLED, ALL);
  }

  static Stream<Work> works() {
    return Stream.of(
        atOnce(),
        new Work("refilled", requests(20, 3, i -> 1 + 7 * i % 13), SAMPLED, 7),
        new Work("of one length", requests(8, 4, i -> 9), SAMPLED, 16),
        new Work("sharing prompts", requests(9, 48, i -> 200 - 20 * i), SAMPLED, 3 * 48),
        new Work("sharing stems", alike(), SAMPLED, 6),
        new Work(
            "with stop texts",
            requests(16, 4, i -> 1 + 5 * i % 11),
            new SamplingParameters(0.9, 1, 0, 0, List.of("w3 w", "w11"), LIMIT),
            8),
        new Work(
            "truncated",
            requests(16, 4, i -> 1 + 5 * i % 11),
            new SamplingParameters(0.7, 0.9, 8, 0.02, List.of(), LIMIT),
            8));
  }

  /** A length of so many units that counts its calls. */
  private static final class Counted implements CallLength {
    private final long units;
    private int calls;

    Counted(long units) {
      this.units = units;
    }

    @Override
    public long units() {
      return units;
    }

    @Override
    public void took(long done, long nanos) {
      calls++;
    }
  }

  private static int calls(List<Counted> counted) {
    return counted.stream().mapToInt(each -> each.calls).sum();
  }

  private static Generator counting(long units, List<Counted> counted) {
    return generator(
        () -> {
          Counted length = new Counted(units);
          counted.add(length);
          return length;
        },
        new ArrayList<>());
  }

  private static Generator generator(Supplier<CallLength> lengths, List<NDManager> scopes) {
    DecoderConfig config = model.config();
    return new Generator(
        model.script(),
        model.decoder(),
        () -> {
          NDManager scope = model.newScope();
          scopes.add(scope);
          return scope;
        },
        model.tokenizer(),
        config.vocabularySize(),
        config.maxPositions(),
        config.eosTokenIds(),
        config.layers(),
        (long) config.keyValueHeads() * config.headDimension(),
        lengths);
  }

  private static List<GenerationRequest> requests(int count, int samples, IntUnaryOperator length) {
    return IntStream.range(0, count)
        .mapToObj(i -> request(length.applyAsInt(i), i, samples))
        .toList();
  }

  private static GenerationRequest request(int length, int number, int samples) {
    return new GenerationRequest(
        IntStream.range(0, length).map(t -> (5 * t + number) % TinyModels.VOCABULARY).toArray(),
        LongStream.range(0, samples).map(s -> Draws.key("cut", number, s)).toArray());
  }

  /** A template, one of three questions, and something of its own. */
  private static List<GenerationRequest> alike() {
    return IntStream.range(0, 12)
        .mapToObj(
            i ->
                Stream.of(
                        IntStream.range(0, 20),
                        IntStream.range(0, 17 + i % 3).map(t -> 3 * t + i % 3),
                        IntStream.range(0, 1 + i % 5).map(t -> 11 * t + i / 6))
                    .flatMapToInt(part -> part)
                    .map(t -> t % TinyModels.VOCABULARY)
                    .toArray())
        .map(prompt -> new GenerationRequest(prompt, new long[] {Arrays.hashCode(prompt), 5}))
        .toList();
  }

  /** Token ids, the bits of log-probabilities and endings. */
  private static List<String> bits(List<List<Generated>> generated) {
    return generated.stream()
        .flatMap(List::stream)
        .map(
            each ->
                Arrays.toString(each.tokenIds())
                    + IntStream.range(0, each.logProbabilities().length)
                        .map(t -> Float.floatToRawIntBits(each.logProbabilities()[t]))
                        .boxed()
                        .toList()
                    + each.ending())
        .toList();
  }

  private static Throwable failure(FutureTask<?> task) throws InterruptedException {
    try {
      return new AssertionError("it went on to its end: " + task.get());
    } catch (ExecutionException e) {
      return e.getCause();
    }
  }

  private static Throwable failure(Runnable work) {
    try {
      work.run();
      return new AssertionError("it went on to its end");
    } catch (RuntimeException e) {
      return e;
    }
  }

  private static void awaitThoughInterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

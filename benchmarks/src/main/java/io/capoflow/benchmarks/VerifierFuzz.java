package io.capoflow.benchmarks;

import com.sun.management.ThreadMXBean;
import io.capoflow.verifiers.MathVerifier;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import io.capoflow.verifiers.fuzz.FuzzInput;
import io.capoflow.verifiers.fuzz.FuzzInputs;
import io.capoflow.verifiers.fuzz.HostileInputs;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;

/**
 * The math verifier on structured random inputs, strict and lenient in turn: exceptions, the
 * slowest inputs in time of the processor, memory. Inputs and verdicts depend on the seed alone,
 * which the digest shows, whatever the number of threads.
 */
public final class VerifierFuzz {
  private static final long LIMIT_NANOS = 10_000_000;

  /**
   * Above this an input is timed again after all others, when everything is compiled: at first,
   * compiling, collecting or another process may have added to it.
   */
  private static final long SLOW_NANOS = 8_000_000;

  private static final int MOST_SLOW = 100_000;

  private static final int REPEATS = 20;
  private static final int REPORTED = 10;
  private static final long PROGRESS = 500_000;
  private static final int WARM_UPS = 30;
  private static final String ESCAPED = "escaped ";
  private static final List<VerifierOptions> OPTIONS =
      List.of(VerifierOptions.strict(), new VerifierOptions(VerifierOptions.Mode.LENIENT, 0));

  private final ThreadMXBean clock = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final Verifier verifier = new MathVerifier();
  private final FuzzInputs inputs;
  private final long count;
  private final LongAdder done = new LongAdder();
  private long start;

  private VerifierFuzz(long seed, long count) {
    this.inputs = new FuzzInputs(seed);
    this.count = count;
  }

  /**
   * Prints what was found; the exit status is 1 where an exception escaped or an input took over 10
   * ms each time.
   *
   * @param arguments how many inputs, 100,000 when left out; the seed, 0 when left out; how many
   *     threads, 1 when left out
   */
  public static void main(String[] arguments) throws InterruptedException, ExecutionException {
    long count = arguments.length > 0 ? Long.parseLong(arguments[0]) : 100_000;
    long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 0;
    int threads = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 1;
    Findings findings = new VerifierFuzz(seed, count).run(seed, threads);
    System.exit(findings.exceptions + findings.overEachTime > 0 ? 1 : 0);
  }

  /** Until the compiler has seen what only hostile inputs reach: the bound is for a warm engine. */
  private void warmUp() {
    for (int times = 0; times < WARM_UPS; times++) {
      for (FuzzInput input : HostileInputs.all()) {
        for (VerifierOptions options : OPTIONS) {
          verifier.verify(input.response(), input.gold(), options);
          verifier.verify(input.response(), input.response(), options);
        }
      }
    }
  }

  private Findings run(long seed, int threads) throws InterruptedException, ExecutionException {
    warmUp();
    start = System.nanoTime();
    ExecutorService workers = Executors.newFixedThreadPool(threads);
    try {
      List<Future<Findings>> shares = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        int first = thread;
        shares.add(workers.submit(() -> share(first, threads)));
      }
      Findings all = new Findings();
      for (Future<Findings> share : shares) {
        all.add(share.get());
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      measureSlow(all);
      report(all, seed, threads, seconds);
      return all;
    } finally {
      workers.shutdown();
    }
  }

  private Findings share(int first, int step) {
    Findings findings = new Findings();
    for (long index = first; index < count; index += step) {
      verify(index, findings);
      done.increment();
      if ((index + 1) % PROGRESS == 0) {
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
            Locale.ROOT, "%,d inputs, %,.0f a second%n", done.sum(), done.sum() / seconds);
      }
    }
    return findings;
  }

  /** What was found in some of the inputs. */
  private static final class Findings {
    private final Map<String, Long> byReason = new TreeMap<>();
    private final Map<String, Long> byKind = new TreeMap<>();
    private final PriorityQueue<Slow> slowest =
        new PriorityQueue<>(Comparator.comparingLong(Slow::nanos));
    private final List<Long> slow = new ArrayList<>();
    private long exceptions;
    private long overAtFirst;
    private long overEachTime;
    private long mostAllocated;
    private long mostAllocatedIndex;
    private long mostFuel;
    private long digest;

    void allocated(long bytes, long index) {
      if (bytes > mostAllocated) {
        mostAllocated = bytes;
        mostAllocatedIndex = index;
      }
    }

    void add(Findings other) {
      other.byReason.forEach((reason, times) -> byReason.merge(reason, times, Long::sum));
      other.byKind.forEach((kind, times) -> byKind.merge(kind, times, Long::sum));
      slow.addAll(other.slow);
      exceptions += other.exceptions;
      overAtFirst += other.overAtFirst;
      overEachTime += other.overEachTime;
      allocated(other.mostAllocated, other.mostAllocatedIndex);
      mostFuel = Math.max(mostFuel, other.mostFuel);
      digest += other.digest;
    }
  }

  /**
   * An input that took long.
   *
   * @param nanos the fastest of all its times
   */
  private record Slow(long index, String kind, long nanos) {}

  private void verify(long index, Findings findings) {
    FuzzInput input = inputs.at(index);
    VerifierOptions options = OPTIONS.get((int) (index % OPTIONS.size()));
    findings.byKind.merge(input.kind(), 1L, Long::sum);
    long allocatedBefore = clock.getCurrentThreadAllocatedBytes();
    long before = clock.getCurrentThreadCpuTime();
    String reason;
    String decision;
    try {
      Verification verification = verifier.verify(input.response(), input.gold(), options);
      reason = verification.reason().name();
      decision = reason + " " + verification.route() + " " + verification.fuel();
      findings.mostFuel = Math.max(findings.mostFuel, verification.fuel());
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError escaped) {
      reason = ESCAPED + escaped;
      decision = reason;
    }
    long time = clock.getCurrentThreadCpuTime() - before;
    findings.allocated(clock.getCurrentThreadAllocatedBytes() - allocatedBefore, index);
    normalForm(input, options).ifPresent(escaped -> escaped(index, input, escaped, findings));
    if (reason.startsWith(ESCAPED)) {
      escaped(index, input, reason, findings);
    } else if (time > SLOW_NANOS) {
      findings.overAtFirst += time > LIMIT_NANOS ? 1 : 0;
      if (findings.slow.size() < MOST_SLOW) {
        findings.slow.add(index);
      }
    }
    findings.byReason.merge(reason, 1L, Long::sum);
    findings.digest += (31 * index + 1) * (decision.hashCode() | 1L);
  }

  private Optional<String> normalForm(FuzzInput input, VerifierOptions options) {
    try {
      verifier.normalForm(input.gold(), options);
      return Optional.empty();
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError escaped) {
      return Optional.of(ESCAPED + escaped);
    }
  }

  private static void escaped(long index, FuzzInput input, String what, Findings findings) {
    findings.exceptions++;
    if (findings.exceptions <= REPORTED) {
      System.out.printf("input %d (%s): %s%n", index, input.kind(), what);
    }
  }

  private void measureSlow(Findings findings) {
    for (long index : findings.slow) {
      FuzzInput input = inputs.at(index);
      VerifierOptions options = OPTIONS.get((int) (index % OPTIONS.size()));
      long fastest = Long.MAX_VALUE;
      for (int times = 0; times < REPEATS && fastest > LIMIT_NANOS; times++) {
        long before = clock.getCurrentThreadCpuTime();
        verifier.verify(input.response(), input.gold(), options);
        fastest = Math.min(fastest, clock.getCurrentThreadCpuTime() - before);
      }
      findings.overEachTime += fastest > LIMIT_NANOS ? 1 : 0;
      findings.slowest.add(new Slow(index, input.kind(), fastest));
      if (findings.slowest.size() > REPORTED) {
        findings.slowest.remove();
      }
    }
  }

  private void report(Findings findings, long seed, int threads, double seconds) {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        Locale.ROOT,
        "%,d inputs of seed %d by %s/%s on %d threads in %.0f s, %,.0f a second%n",
        count,
        seed,
        verifier.name(),
        verifier.version(),
        threads,
        seconds,
        count / seconds);
    System.out.printf("by kind     %s%n", findings.byKind);
    System.out.printf("by reason   %s%n", findings.byReason);
    System.out.printf(Locale.ROOT, "exceptions  %d%n", findings.exceptions);
    System.out.printf(
        Locale.ROOT,
        "over 10 ms  %d at first, %d in each of %d times after all others (over 8 ms at first %d)%n",
        findings.overAtFirst,
        findings.overEachTime,
        REPEATS,
        findings.slow.size());
    System.out.printf("most fuel   %d%n", findings.mostFuel);
    System.out.printf("slowest again, until under 10 ms, %d times at most%n", REPEATS);
    findings.slowest.stream()
        .sorted(Comparator.comparingLong(Slow::nanos).reversed())
        .forEach(
            slow ->
                System.out.printf(
                    Locale.ROOT,
                    "  %6.2f ms  input %d (%s)%n",
                    slow.nanos() / 1e6,
                    slow.index(),
                    slow.kind()));
    System.out.printf(
        Locale.ROOT,
        "memory      one verdict allocated at most %.2f MiB, input %d (%s); %.1f MiB live after all%n",
        findings.mostAllocated / 1048576.0,
        findings.mostAllocatedIndex,
        inputs.at(findings.mostAllocatedIndex).kind(),
        (runtime.totalMemory() - runtime.freeMemory()) / 1048576.0);
    System.out.printf("digest      %016x%n", findings.digest);
  }
}

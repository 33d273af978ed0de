package io.capoflow.benchmarks;

import com.sun.management.ThreadMXBean;
import io.capoflow.verifiers.MathVerifier;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import io.capoflow.verifiers.fuzz.FuzzInput;
import io.capoflow.verifiers.fuzz.FuzzInputs;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The math verifier on structured random inputs, strict and lenient in turn: exceptions, the
 * slowest input in time of the processor, memory. Inputs and verdicts depend on the seed alone,
 * which the digest shows.
 */
public final class VerifierFuzz {
  private static final long LIMIT_NANOS = 10_000_000;
  private static final int REPORTED = 20;
  private static final String ESCAPED = "escaped ";
  private static final List<VerifierOptions> OPTIONS =
      List.of(VerifierOptions.strict(), new VerifierOptions(VerifierOptions.Mode.LENIENT, 0));

  private final Verifier verifier = new MathVerifier();
  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private final FuzzInputs inputs;
  private final Map<String, Long> byReason = new TreeMap<>();
  private final Map<String, Long> byKind = new TreeMap<>();
  private long exceptions;
  private long overAtFirst;
  private long overAgain;
  private long slowest;
  private long slowestIndex;
  private long mostAllocated;
  private long mostAllocatedIndex;
  private long digest;

  private VerifierFuzz(long seed) {
    this.inputs = new FuzzInputs(seed);
  }

  /**
   * Prints what was found; the exit status is 1 where an exception escaped or an input took over 10
   * ms each time.
   *
   * @param arguments how many inputs, 100,000 when left out; then the seed, 0 when left out
   */
  public static void main(String[] arguments) {
    long count = arguments.length > 0 ? Long.parseLong(arguments[0]) : 100_000;
    long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : 0;
    VerifierFuzz fuzz = new VerifierFuzz(seed);
    long start = System.nanoTime();
    for (long index = 0; index < count; index++) {
      fuzz.verify(index);
      if ((index + 1) % 1_000_000 == 0) {
        System.out.printf(Locale.ROOT, "%,d inputs%n", index + 1);
      }
    }
    fuzz.report(count, seed, (System.nanoTime() - start) / 1e9);
    System.exit(fuzz.exceptions + fuzz.overAgain > 0 ? 1 : 0);
  }

  private void verify(long index) {
    FuzzInput input = inputs.at(index);
    VerifierOptions options = OPTIONS.get((int) (index % OPTIONS.size()));
    byKind.merge(input.kind(), 1L, Long::sum);
    long allocatedBefore = threads.getCurrentThreadAllocatedBytes();
    long start = threads.getCurrentThreadCpuTime();
    String reason = reason(input, options);
    long time = threads.getCurrentThreadCpuTime() - start;
    long allocated = threads.getCurrentThreadAllocatedBytes() - allocatedBefore;
    if (reason.startsWith(ESCAPED)) {
      exceptions++;
      if (exceptions <= REPORTED) {
        System.out.printf("input %d (%s): %s%n", index, input.kind(), reason);
      }
    }
    byReason.merge(reason, 1L, Long::sum);
    digest = 31 * digest + reason.hashCode();
    if (allocated > mostAllocated) {
      mostAllocated = allocated;
      mostAllocatedIndex = index;
    }
    if (time > LIMIT_NANOS) {
      overAtFirst++;
    }
    if (time > Math.min(slowest, LIMIT_NANOS)) {
      measureAgain(input, options, index, time);
    }
  }

  /** The fastest of six: what compiling added is left out. */
  private void measureAgain(FuzzInput input, VerifierOptions options, long index, long first) {
    long fastest = first;
    for (int times = 0; times < 5; times++) {
      long start = threads.getCurrentThreadCpuTime();
      reason(input, options);
      fastest = Math.min(fastest, threads.getCurrentThreadCpuTime() - start);
    }
    if (fastest > LIMIT_NANOS) {
      overAgain++;
      System.out.printf(
          Locale.ROOT, "input %d (%s) took %.1f ms%n", index, input.kind(), fastest / 1e6);
    }
    if (fastest > slowest) {
      slowest = fastest;
      slowestIndex = index;
    }
  }

  private String reason(FuzzInput input, VerifierOptions options) {
    try {
      Verification verification = verifier.verify(input.response(), input.gold(), options);
      verifier.normalForm(input.gold(), options);
      return verification.reason();
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError escaped) {
      return ESCAPED + escaped;
    }
  }

  private void report(long count, long seed, double seconds) {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        Locale.ROOT,
        "%,d inputs of seed %d by %s/%s in %.0f s%n",
        count,
        seed,
        verifier.name(),
        verifier.version(),
        seconds);
    System.out.printf("by kind     %s%n", byKind);
    System.out.printf("by reason   %s%n", byReason);
    System.out.printf(Locale.ROOT, "exceptions  %d%n", exceptions);
    System.out.printf(
        Locale.ROOT,
        "slowest     %.2f ms, input %d (%s); over 10 ms at first %d, each of six times %d%n",
        slowest / 1e6,
        slowestIndex,
        inputs.at(slowestIndex).kind(),
        overAtFirst,
        overAgain);
    System.out.printf(
        Locale.ROOT,
        "memory      one verdict allocated at most %.2f MiB, input %d (%s); %.1f MiB live after all%n",
        mostAllocated / 1048576.0,
        mostAllocatedIndex,
        inputs.at(mostAllocatedIndex).kind(),
        (runtime.totalMemory() - runtime.freeMemory()) / 1048576.0);
    System.out.printf("digest      %016x%n", digest);
  }
}

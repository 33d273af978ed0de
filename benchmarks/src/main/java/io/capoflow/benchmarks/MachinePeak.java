package io.capoflow.benchmarks;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.capoflow.models.tensor.Torch;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What this machine can do at most, measured in the same libtorch that models run in: the best of
 * some rounds, by the threads' processor time, which other work on the machine disturbs less. Each
 * thread computes on its own, with one thread of the tensor engine, all at the same time.
 */
final class MachinePeak {
  /** Products that are large enough to show the peak; which is fastest depends on the caches. */
  private static final List<Integer> SIDES = List.of(512, 1_024, 2_048);

  private static final double LEAST_FLOPS_A_ROUND = 1.7e10;
  private static final int ROUNDS = 7;
  private static final long LEAST_BYTES_A_ROUND = 1L << 31;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private MachinePeak() {}

  /** What a thread repeats; opened by that thread. */
  private interface Kernel extends AutoCloseable {
    void run();

    @Override
    void close();
  }

  /** Opens one for each thread. */
  private interface Kernels {
    Kernel open();
  }

  /**
   * Floating-point operations a second of products of two square float32 matrices, a multiplication
   * and an addition counted as two.
   *
   * @param threads that each multiply matrices of their own
   */
  static double flops(int threads) {
    return SIDES.stream().mapToDouble(side -> flops(threads, side, side, side)).max().orElseThrow();
  }

  /**
   * The same of products of [rows, inner] with [inner, columns].
   *
   * @param threads that each multiply matrices of their own
   */
  static double flops(int threads, int rows, int inner, int columns) {
    double flops = 2.0 * rows * inner * columns;
    int repeats = (int) Math.max(1, LEAST_FLOPS_A_ROUND / flops);
    return threads
        * flops
        * repeats
        / best(threads, repeats, () -> new Product(rows, inner, columns));
  }

  /**
   * Bytes a second that come from memory or a cache, of sums over float32 numbers.
   *
   * @param threads that each read an array of their own
   * @param bytes of each array, which decide where it lies
   */
  static double bytesPerSecond(int threads, long bytes) {
    int repeats = (int) Math.max(1, LEAST_BYTES_A_ROUND / threads / bytes);
    return (double) threads * bytes * repeats / best(threads, repeats, () -> new Reading(bytes));
  }

  private record Product(NDManager scope, NDArray left, NDArray right) implements Kernel {
    Product(int rows, int inner, int columns) {
      this(Torch.newHostScope(Torch.engine().newBaseManager()), rows, inner, columns);
    }

    private Product(NDManager scope, int rows, int inner, int columns) {
      this(scope, scope.ones(new Shape(rows, inner)), scope.ones(new Shape(inner, columns)));
    }

    @Override
    public void run() {
      left.matMul(right).close();
    }

    @Override
    public void close() {
      scope.close();
    }
  }

  private record Reading(NDManager scope, NDArray numbers) implements Kernel {
    Reading(long bytes) {
      this(Torch.newHostScope(Torch.engine().newBaseManager()), bytes);
    }

    private Reading(NDManager scope, long bytes) {
      this(scope, scope.ones(new Shape(bytes / Float.BYTES)));
    }

    @Override
    public void run() {
      numbers.sum().close();
    }

    @Override
    public void close() {
      scope.close();
    }
  }

  /** The fewest seconds in which all threads repeat their kernels, having begun together. */
  private static double best(int threads, int repeats, Kernels kernels) {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      CyclicBarrier barrier = new CyclicBarrier(threads);
      List<Future<double[]>> rounds = new ArrayList<>();
      for (int thread = 0; thread < threads; thread++) {
        rounds.add(pool.submit(() -> seconds(barrier, repeats, kernels)));
      }
      double best = Double.POSITIVE_INFINITY;
      List<double[]> seconds = new ArrayList<>();
      for (Future<double[]> round : rounds) {
        seconds.add(round.get());
      }
      for (int round = 0; round < ROUNDS; round++) {
        double slowest = 0;
        for (double[] ofThread : seconds) {
          slowest = Math.max(slowest, ofThread[round]);
        }
        best = Math.min(best, slowest);
      }
      return best;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a thread failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } finally {
      pool.shutdownNow();
    }
  }

  private static double[] seconds(CyclicBarrier barrier, int repeats, Kernels kernels)
      throws InterruptedException, BrokenBarrierException {
    double[] seconds = new double[ROUNDS];
    Torch.useThreads(1);
    try (Kernel kernel = kernels.open()) {
      kernel.run();
      for (int round = 0; round < ROUNDS; round++) {
        barrier.await();
        long start = THREADS.getCurrentThreadCpuTime();
        for (int i = 0; i < repeats; i++) {
          kernel.run();
        }
        seconds[round] = (THREADS.getCurrentThreadCpuTime() - start) / 1e9;
      }
    }
    return seconds;
  }
}

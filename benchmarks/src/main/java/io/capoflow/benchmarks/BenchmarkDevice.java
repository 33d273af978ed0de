package io.capoflow.benchmarks;

import io.capoflow.models.tensor.Torch;

/**
 * Where both sides of a comparison compute: on the CPU, or where the environment's {@code
 * BENCHMARK_DEVICE} says.
 */
final class BenchmarkDevice {
  /** {@code cpu} or {@code cuda:N}. */
  static final String NAME = Torch.resolve(System.getenv().getOrDefault("BENCHMARK_DEVICE", "cpu"));

  private BenchmarkDevice() {}
}

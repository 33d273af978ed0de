package io.capoflow.models.tensor;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Calls each elementary function of the CPU once, by one thread, before anything else does. Intel's
 * MKL, which libtorch computes them with, chooses a function's kernel on its first call; where two
 * threads make that call at once, one of them may get a kernel of low accuracy (errors of 1e-4) for
 * that call, although a high one was asked for: PyTorch's issue 188792. Sampling and measuring
 * begin in several threads at once, so a run's first rollouts could have other bits than those of
 * the same run again. No later call changes by this.
 */
final class ElementaryFunctions {
  /** Those that libtorch takes from MKL, as far as NDArray has them. */
  private static final List<UnaryOperator<NDArray>> ALL =
      List.of(
          NDArray::sin,
          NDArray::cos,
          NDArray::tan,
          NDArray::asin,
          NDArray::acos,
          NDArray::atan,
          NDArray::sinh,
          NDArray::cosh,
          NDArray::tanh,
          NDArray::exp,
          NDArray::log,
          NDArray::log2,
          NDArray::log10,
          NDArray::sqrt,
          NDArray::erf);

  private static boolean loaded;

  private ElementaryFunctions() {}

  /** Calls them, unless this process did. Threads that come meanwhile wait. */
  static synchronized void load(Engine engine) {
    if (loaded) {
      return;
    }
    try (NDManager manager = engine.newBaseManager(Device.cpu())) {
      for (DataType type : List.of(DataType.FLOAT32, DataType.FLOAT64)) {
        NDArray half = manager.full(new Shape(16), 0.5f, type);
        ALL.forEach(function -> function.apply(half).close());
      }
    }
    loaded = true;
  }
}

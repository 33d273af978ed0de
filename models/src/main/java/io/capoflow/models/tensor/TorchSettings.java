package io.capoflow.models.tensor;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;

/**
 * On what of the tensor engine the last bits of results depend. Specifications carry it to workers:
 * whoever computes calls {@link Torch#use} with it first.
 *
 * @param threads that one tensor operation may use, see {@link Torch#useThreads}
 * @param numerics of the whole process
 */
public record TorchSettings(int threads, Numerics numerics) implements Serializable {
  public TorchSettings {
    requireNonNull(numerics, "numerics");
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be positive: " + threads);
    }
  }

  /** Native numerics. */
  public static TorchSettings ofThreads(int threads) {
    return new TorchSettings(threads, Numerics.NATIVE);
  }
}

package io.capoflow.models.tensor;

import java.util.Locale;

/** How the last bits of a process's floating-point results come about. */
public enum Numerics {
  /**
   * As this processor computes fastest. Libtorch, and the MKL and oneDNN in it, choose kernels by
   * instruction sets, and MKL by the processor's maker too, so the last bits depend on both.
   */
  NATIVE,
  /**
   * By the same kernels on every x86-64 processor with AVX2, whoever made it; slower. Only on the
   * CPU.
   */
  PORTABLE;

  /** As recipes and flags spell it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}

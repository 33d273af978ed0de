package io.capoflow.models.tensor;

import java.util.Locale;
import java.util.Map;

/** How the last bits of a process's floating-point results come about. */
public enum Numerics {
  /**
   * As this processor computes fastest. Libtorch, and the MKL and oneDNN in it, choose kernels by
   * instruction sets, and MKL by the processor's maker too, so the last bits depend on both.
   */
  NATIVE(Map.of()),
  /**
   * By the same kernels on every x86-64 processor with AVX2, whoever made it; slower. Only on the
   * CPU.
   */
  PORTABLE(
      // Each is needed: the libraries choose kernels for themselves.
      Map.of(
          "ATEN_CPU_CAPABILITY", "avx2",
          // Intel's MKL looks at the processor's maker too; only this branch is every maker's.
          "MKL_CBWR", "COMPATIBLE",
          "ONEDNN_MAX_CPU_ISA", "AVX2"));

  @SuppressWarnings("ImmutableEnumChecker") // Made by Map.of.
  private final Map<String, String> environment;

  Numerics(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Variables of the environment by which a process computes so. */
  public Map<String, String> environment() {
    return environment;
  }

  /** As recipes and flags spell it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}

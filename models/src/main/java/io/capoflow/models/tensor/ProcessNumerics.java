package io.capoflow.models.tensor;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The {@link Numerics} of this process. Libtorch and the libraries in it read environment variables
 * once, the first time that each chooses a kernel. So the numerics are settled before libtorch is
 * loaded, and hold for as long as the process lives.
 *
 * <p>The variables are set by a call of the C library in the process itself. Java cannot set them,
 * and a second process that could would need the signals, the terminal and the exit status of the
 * first handed on. A worker that nobody's launcher started settles them in the same way.
 */
final class ProcessNumerics {
  /** All that choose kernels or precision in libtorch, MKL and oneDNN. */
  private static final List<String> VARIABLES =
      List.of(
          "ATEN_CPU_CAPABILITY",
          "MKL_CBWR",
          "MKL_DEBUG_CPU_TYPE",
          "MKL_ENABLE_INSTRUCTIONS",
          "ONEDNN_MAX_CPU_ISA",
          "ONEDNN_CPU_ISA_HINTS",
          "ONEDNN_DEFAULT_FPMATH_MODE",
          "DNNL_MAX_CPU_ISA",
          "DNNL_CPU_ISA_HINTS",
          "DNNL_DEFAULT_FPMATH_MODE");

  private static final Path MAPPED = Path.of("/proc/self/maps");

  /** Null until libtorch is loaded or numerics are asked for. */
  private static Numerics settled;

  private static boolean confirmed;

  private ProcessNumerics() {}

  /**
   * Settles the numerics, or sees that they are settled so.
   *
   * @throws UserMistake when they are settled otherwise, or cannot be had here
   */
  static synchronized void require(Numerics wanted) {
    if (settled == null) {
      settle(wanted);
    }
    if (settled != wanted) {
      throw new UserMistake(
          "torch.numerics: %s is asked for, but this process has loaded libtorch for %s numerics, which hold as long as it lives; ask in a new process"
              .formatted(wanted.text(), settled.text()));
    }
  }

  /** What libtorch is loaded for: native, where nobody asked. */
  static synchronized Numerics settle() {
    if (settled == null) {
      settled = Numerics.NATIVE;
    }
    return settled;
  }

  /** Whether they are settled as portable; settles nothing. */
  static synchronized boolean arePortable() {
    return settled == Numerics.PORTABLE;
  }

  /**
   * Asks a libtorch that was just loaded whether it computes as it was told to.
   *
   * @throws UserMistake when it does not, or does not say
   */
  static synchronized void confirm() {
    if (settled == Numerics.PORTABLE && !confirmed) {
      fault(CpuDispatch.read())
          .ifPresent(
              fault -> {
                throw new UserMistake(fault);
              });
      confirmed = true;
    }
  }

  /** Why what libtorch says is not portable; empty where it is. */
  static Optional<String> fault(CpuDispatch dispatch) {
    boolean portable =
        dispatch.atenCapability().equals(CpuDispatch.AVX2)
            && dispatch.mklBranch().equals(CpuDispatch.COMPATIBLE);
    return portable
        ? Optional.empty()
        : Optional.of(
            "torch.numerics: portable is not in force: this libtorch says ATen %s, MKL %s where %s and %s are wanted; use the libtorch that comes along, or set torch.numerics to native"
                .formatted(
                    dispatch.atenCapability(),
                    dispatch.mklBranch(),
                    CpuDispatch.AVX2,
                    CpuDispatch.COMPATIBLE));
  }

  /** Variables that somebody set and by which the numerics are not the usual. */
  static SortedMap<String, String> byHand(Map<String, String> environment, Numerics numerics) {
    SortedMap<String, String> found = new TreeMap<>(environment);
    found.keySet().retainAll(VARIABLES);
    if (numerics == Numerics.PORTABLE) {
      found.keySet().removeAll(Numerics.PORTABLE.environment().keySet());
    }
    return found;
  }

  private static void settle(Numerics wanted) {
    if (isLibtorchLoaded()) {
      settled = Numerics.NATIVE;
      return;
    }
    if (wanted == Numerics.PORTABLE) {
      requireAvx2(Processor.ofThisMachine());
      setEnvironment();
    }
    settled = wanted;
  }

  /** Libtorch trusts its variable: on a processor without AVX2 it would die of it. */
  static void requireAvx2(Processor processor) {
    if (!processor.hasAvx2()) {
      throw new UserMistake(
          "torch.numerics: portable takes an x86-64 processor with AVX2 and FMA, and %s is none; set torch.numerics to native"
              .formatted(processor.model()));
    }
  }

  private static void setEnvironment() {
    try {
      Numerics.PORTABLE
          .environment()
          .forEach(
              (name, value) -> {
                if (!NativeCalls.environment(name).equals(Optional.of(value))) {
                  NativeCalls.setEnvironment(name, value);
                }
              });
    } catch (LinkageError e) {
      String needed =
          Numerics.PORTABLE.environment().entrySet().stream()
              .map(variable -> variable.getKey() + "=" + variable.getValue())
              .sorted()
              .reduce((one, other) -> one + " " + other)
              .orElseThrow();
      if (!System.getenv().entrySet().containsAll(Numerics.PORTABLE.environment().entrySet())) {
        throw new UserMistake(
            "torch.numerics: portable cannot set its environment here (%s); start the process with %s"
                .formatted(e.getMessage(), needed),
            e);
      }
    }
  }

  /** Whether some class mapped it, by way of {@link Torch} or not. */
  private static boolean isLibtorchLoaded() {
    try (Stream<String> mapped = Files.lines(MAPPED)) {
      return mapped.anyMatch(line -> line.endsWith("/libtorch_cpu.so"));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + MAPPED, e);
    }
  }
}

package io.capoflow.models.tensor;

import static java.util.Objects.requireNonNull;

import ai.djl.pytorch.jni.LibUtils;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Which kernels libtorch chose for this processor, as libtorch itself says. OneDNN, which is a part
 * of it, cannot be asked.
 *
 * @param atenCapability level of PyTorch's own kernels: DEFAULT, AVX2 or AVX512
 * @param mklBranch branch of Intel's MKL that was asked for: OFF where none was, so that MKL takes
 *     the kernels that it finds best
 * @param mklAutomaticBranch branch that MKL takes for the best of this processor; it judges
 *     processors of other makers than Intel otherwise
 */
public record CpuDispatch(String atenCapability, String mklBranch, String mklAutomaticBranch) {
  /** What stands where libtorch does not say. */
  public static final String UNKNOWN = Processor.UNKNOWN;

  static final String AVX2 = "AVX2";
  static final String COMPATIBLE = "COMPATIBLE";
  private static final String OFF = "OFF";

  /** {@code at::get_cpu_capability()}. */
  private static final String ATEN_CAPABILITY = "_ZN2at18get_cpu_capabilityB5cxx11Ev";

  /** {@code mkl_cbwr_get} and {@code mkl_cbwr_get_auto_branch}, by their names inside MKL. */
  private static final String MKL_BRANCH = "mkl_serv_cbwr_get";

  private static final String MKL_AUTOMATIC_BRANCH = "mkl_serv_cbwr_get_auto_branch";

  /** {@code MKL_CBWR_BRANCH} of mkl_types.h: the branch without flags. */
  private static final int BRANCH = 1;

  /** Constants of mkl_types.h. */
  private static final Map<Integer, String> BRANCHES =
      Map.ofEntries(
          Map.entry(0, OFF),
          Map.entry(1, OFF),
          Map.entry(2, "AUTO"),
          Map.entry(3, COMPATIBLE),
          Map.entry(4, "SSE2"),
          Map.entry(6, "SSSE3"),
          Map.entry(7, "SSE4_1"),
          Map.entry(8, "SSE4_2"),
          Map.entry(9, "AVX"),
          Map.entry(10, AVX2),
          Map.entry(11, "AVX512_MIC"),
          Map.entry(12, "AVX512"),
          Map.entry(13, "AVX512_MIC_E1"),
          Map.entry(14, "AVX512_E1"));

  public CpuDispatch {
    requireNonNull(atenCapability, "atenCapability");
    requireNonNull(mklBranch, "mklBranch");
    requireNonNull(mklAutomaticBranch, "mklAutomaticBranch");
  }

  /** Of MKL's branches the one that decides; where none was asked for, what MKL takes. */
  public String mkl() {
    return mklBranch.equals(OFF) ? "automatic: " + mklAutomaticBranch : mklBranch;
  }

  /** What holds in this process, whose libtorch is loaded if it was not. */
  public static CpuDispatch ofThisProcess() {
    Torch.engine();
    return read();
  }

  /** The same of a libtorch that is loaded. */
  static CpuDispatch read() {
    Path libtorch = Path.of(LibUtils.getLibtorchPath(), "libtorch_cpu.so");
    try {
      return new CpuDispatch(
          NativeCalls.libtorchString(libtorch, ATEN_CAPABILITY).orElse(UNKNOWN),
          branch(NativeCalls.libtorchInt(libtorch, MKL_BRANCH, BRANCH)),
          branch(NativeCalls.libtorchInt(libtorch, MKL_AUTOMATIC_BRANCH)));
    } catch (LinkageError noNativeCalls) {
      return new CpuDispatch(UNKNOWN, UNKNOWN, UNKNOWN);
    }
  }

  private static String branch(Optional<Integer> constant) {
    return constant.map(value -> BRANCHES.getOrDefault(value, value.toString())).orElse(UNKNOWN);
  }
}

package io.capoflow.runners.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.EngineException;
import ai.djl.pytorch.jni.LibUtils;
import io.capoflow.models.tensor.CpuDispatch;
import io.capoflow.models.tensor.Torch;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class EngineChecksTest {
  @Test
  void aLibtorchThatLoadsSaysItsVersionAndWhereItIs() {
    Finding finding = EngineChecks.torch("pytorch", Optional.empty(), Torch::engine);

    assertThat(finding.level()).isEqualTo(Finding.Level.OK);
    assertThat(finding.found()).startsWith("libtorch " + Torch.version() + " from /");
  }

  @Test
  void anotherLibtorchThanTheOneAskedForIsAWarning() {
    Finding finding =
        EngineChecks.torch("pytorch", Optional.of("/nowhere:/opt/torch/lib"), Torch::engine);

    assertThat(finding.level()).isEqualTo(Finding.Level.WARN);
    assertThat(finding.cure().orElseThrow()).contains("/nowhere:/opt/torch/lib", "libtorch.so");
    assertThat(
            EngineChecks.torch(
                    "pytorch", Optional.of("/nowhere:" + LibUtils.getLibtorchPath()), Torch::engine)
                .level())
        .isEqualTo(Finding.Level.OK);
  }

  @Test
  void aLibtorchThatCannotBeLoadedSaysWhyAndWhatBelongsTogether() {
    Finding finding =
        EngineChecks.torch(
            "pytorch",
            Optional.of("/opt/torch/lib"),
            () -> {
              throw new EngineException(
                  "Failed to load PyTorch native library",
                  new UnsatisfiedLinkError("libcudart.so.12: cannot open shared object file"));
            });

    assertThat(finding.level()).isEqualTo(Finding.Level.FAIL);
    assertThat(finding.found())
        .isEqualTo("libtorch cannot be loaded: libcudart.so.12: cannot open shared object file");
    assertThat(finding.cure().orElseThrow()).contains("PYTORCH_FLAVOR", "docs/gpu.md");
  }

  @Test
  void theNumericsSayWhichKernelsWereChosenAndWhetherPortableOnesCanBeHad() {
    CpuDispatch dispatch = new CpuDispatch("AVX512", "OFF", "AVX512_E1");

    Finding usual = EngineChecks.numerics("numerics", dispatch, true, new TreeMap<>());
    Finding old = EngineChecks.numerics("numerics", dispatch, false, new TreeMap<>());
    Finding bent =
        EngineChecks.numerics(
            "numerics", dispatch, true, new TreeMap<>(Map.of("MKL_CBWR", "AVX2")));

    assertThat(usual.level()).isEqualTo(Finding.Level.OK);
    assertThat(usual.found())
        .isEqualTo("native: ATen AVX512, MKL automatic: AVX512_E1; portable: can be had");
    assertThat(old.found()).endsWith("portable: takes a processor with AVX2 and FMA");
    assertThat(bent.level()).isEqualTo(Finding.Level.WARN);
    assertThat(bent.cure().orElseThrow()).contains("MKL_CBWR", "docs/numerics.md");
  }

  @Test
  void withoutALibtorchOfOnesOwnTheCacheIsToBlame() {
    Finding finding =
        EngineChecks.torch(
            "pytorch",
            Optional.empty(),
            () -> {
              throw new UnsatisfiedLinkError("libc10.so: invalid ELF header");
            });

    assertThat(finding.level()).isEqualTo(Finding.Level.FAIL);
    assertThat(finding.cure().orElseThrow()).contains("delete the cache");
  }

  @Test
  void theDeviceSaysWhatItComputesInAndItsMemory() {
    Finding finding = EngineChecks.device("device", false);

    assertThat(finding.level()).isEqualTo(Finding.Level.OK);
    assertThat(finding.found()).startsWith(Torch.resolve("auto")).contains("F32", " free");
  }

  @Test
  void aDriverWithoutAGpuThatCanBeUsedIsAWarning() {
    assumeTrue(Torch.cudaDevices() == 0, "SKIPPED: there is a GPU that can be used");

    Finding finding = EngineChecks.device("device", true);

    assertThat(finding.level()).isEqualTo(Finding.Level.WARN);
    assertThat(finding.cure().orElseThrow()).contains("docs/gpu.md");
  }
}

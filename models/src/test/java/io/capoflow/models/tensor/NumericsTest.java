package io.capoflow.models.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class NumericsTest {
  @BeforeAll
  static void takesAvx2() {
    Processor processor = Processor.ofThisMachine();
    assumeTrue(
        processor.hasAvx2(),
        () -> "NOT TESTED: portable numerics need AVX2, and " + processor.model() + " has none");
  }

  @Test
  void portableIsInForceByWhatLibtorchSays() throws Exception {
    List<String> lines = probe(Map.of(), "portable", "dispatch");

    assertThat(lines).hasSize(2);
    assertThat(lines.get(0)).isEqualTo("portable -> portable");
    assertThat(lines.get(1))
        .startsWith("dispatch -> CpuDispatch[atenCapability=AVX2, mklBranch=COMPATIBLE,");
  }

  @Test
  void nativeTakesWhatTheProcessorHas() throws Exception {
    String capability =
        Processor.ofThisMachine()
                .flags()
                .containsAll(Set.of("avx512f", "avx512bw", "avx512vl", "avx512dq"))
            ? "AVX512"
            : "AVX2";

    List<String> lines = probe(Map.of(), "native", "dispatch");

    assertThat(lines).hasSize(2);
    assertThat(lines.get(1))
        .startsWith("dispatch -> CpuDispatch[atenCapability=" + capability + ", mklBranch=OFF,");
  }

  @Test
  void portableOverridesWhatSomebodySetOtherwise() throws Exception {
    List<String> lines =
        probe(Map.of("ATEN_CPU_CAPABILITY", "default", "MKL_CBWR", "AVX2"), "portable", "dispatch");

    assertThat(lines).hasSize(2);
    assertThat(lines.get(1)).contains("atenCapability=AVX2, mklBranch=COMPATIBLE");
  }

  /** All of it is one variable each in the environment, so a process with them computes alike. */
  @Test
  void portableGivesTheBitsOfTheThreeVariables() throws Exception {
    List<String> asked = probe(Map.of(), "portable", "compute");
    List<String> byHand = probe(Numerics.PORTABLE.environment(), "native", "compute");

    assertThat(asked.get(1)).startsWith("compute -> ").isEqualTo(byHand.get(1));
  }

  @Test
  void whatWasLoadedFirstHolds() throws Exception {
    assertThat(probe(Map.of(), "load", "portable", "native"))
        .containsExactly(
            "load -> loaded",
            "portable -> refused: torch.numerics: portable is asked for, but this process has loaded"
                + " libtorch for native numerics, which hold as long as it lives; ask in a new"
                + " process",
            "native -> native");
    assertThat(probe(Map.of(), "portable", "load", "native"))
        .containsExactly(
            "portable -> portable",
            "load -> loaded",
            "native -> refused: torch.numerics: native is asked for, but this process has loaded"
                + " libtorch for portable numerics, which hold as long as it lives; ask in a new"
                + " process");
  }

  @Test
  void aLibtorchThatSomebodyElseLoadedIsNotTakenForPortable() throws Exception {
    List<String> lines = probe(Map.of(), "load without Torch", "portable");

    assertThat(lines).hasSize(2);
    assertThat(lines.get(1))
        .startsWith("portable -> refused: torch.numerics: portable is asked for");
  }

  /** To choose the CPU settles nothing: what follows may ask for either. */
  @Test
  void portableIsForTheCpuAlone() throws Exception {
    assertThat(probe(Map.of(), "cpu", "portable", "cpu"))
        .containsExactly("cpu -> cpu()", "portable -> portable", "cpu -> cpu()");
    assertThatThrownBy(() -> Torch.requireCpu("cuda:0"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "device: torch.numerics portable computes on the CPU alone, and cuda:0 is none; set the"
                + " devices (policy.device, critique.device, --device) to cpu, or torch.numerics to"
                + " native");
  }

  @Test
  void aLibtorchThatSaysOtherwiseIsRefused() {
    assertThat(ProcessNumerics.fault(new CpuDispatch("AVX2", "COMPATIBLE", "AVX512"))).isEmpty();
    assertThat(ProcessNumerics.fault(new CpuDispatch("AVX512", "COMPATIBLE", "AVX512")))
        .hasValueSatisfying(
            fault ->
                assertThat(fault)
                    .contains("portable is not in force")
                    .contains("ATen AVX512, MKL COMPATIBLE")
                    .contains("native"));
    assertThat(ProcessNumerics.fault(new CpuDispatch("AVX2", "OFF", "AVX2"))).isPresent();
    assertThat(ProcessNumerics.fault(new CpuDispatch("AVX2", CpuDispatch.UNKNOWN, "AVX2")))
        .isPresent();
  }

  @Test
  void variablesThatBendNumericsAreFound() {
    Map<String, String> environment =
        Map.of("PATH", "/bin", "MKL_NUM_THREADS", "4", "MKL_CBWR", "AVX2", "DNNL_MAX_CPU_ISA", "x");

    assertThat(ProcessNumerics.byHand(environment, Numerics.NATIVE))
        .containsExactly(Map.entry("DNNL_MAX_CPU_ISA", "x"), Map.entry("MKL_CBWR", "AVX2"));
    assertThat(ProcessNumerics.byHand(environment, Numerics.PORTABLE))
        .containsExactly(Map.entry("DNNL_MAX_CPU_ISA", "x"));
  }

  @Test
  void aProcessorWithoutAvx2IsRefused() {
    Processor old =
        Processor.parse("vendor_id : GenuineIntel\nmodel name : Old\nflags : sse4_2 avx");

    assertThatThrownBy(() -> ProcessNumerics.requireAvx2(old))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("AVX2")
        .hasMessageContaining("Old");
  }

  /** Lines that a process of its own printed, which must end well. */
  private static List<String> probe(Map<String, String> environment, String... steps)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Dai.djl.pytorch.num_threads=1",
                "-cp",
                System.getProperty("java.class.path"),
                NumericsProbe.class.getName()));
    command.addAll(List.of(steps));
    ProcessBuilder builder = new ProcessBuilder(command);
    // The process that tests may compute in numerics of somebody's own.
    builder.environment().keySet().removeAll(Numerics.PORTABLE.environment().keySet());
    builder.environment().putAll(environment);
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    assertThat(process.waitFor()).as("%s", lines).isZero();
    return lines;
  }
}

package io.capoflow.transforms.workers;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.tensor.Numerics;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class MachineFactsTest {
  @Test
  void numericsThatSomebodyBentByHandAreNamed() {
    assertThat(MachineFacts.numerics(Numerics.PORTABLE, new TreeMap<>())).isEqualTo("portable");
    assertThat(
            MachineFacts.numerics(
                Numerics.NATIVE,
                new TreeMap<>(Map.of("MKL_CBWR", "AVX2", "ATEN_CPU_CAPABILITY", "avx2"))))
        .isEqualTo("native with ATEN_CPU_CAPABILITY=avx2 MKL_CBWR=AVX2");
  }
}

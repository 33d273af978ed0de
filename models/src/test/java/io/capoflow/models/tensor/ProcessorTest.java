package io.capoflow.models.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

final class ProcessorTest {
  private static final String EPYC =
      """
      processor\t: 0
      vendor_id\t: AuthenticAMD
      cpu family\t: 25
      model\t\t: 1
      model name\t: AMD EPYC 7763   64-Core Processor
      stepping\t: 1
      flags\t\t: fpu avx fma sse4a avx2 sha_ni
      bogomips\t: 4890.86

      processor\t: 1
      vendor_id\t: SomebodyElse
      """;

  @Test
  void isTheFirstOfTheKernelsDescription() {
    Processor processor = Processor.parse(EPYC);

    assertThat(processor.vendor()).isEqualTo("AuthenticAMD");
    assertThat(processor.model())
        .isEqualTo("AMD EPYC 7763 64-Core Processor (family 25, model 1, stepping 1)");
    assertThat(processor.flags())
        .containsExactlyInAnyOrder("fpu", "avx", "fma", "sse4a", "avx2", "sha_ni");
    assertThat(processor.instructionSets()).isEqualTo("avx fma avx2");
    assertThat(processor.hasAvx2()).isTrue();
  }

  @Test
  void whatTheKernelDoesNotSayIsUnknown() {
    Processor processor = Processor.parse("BogoMIPS : 50\n");

    assertThat(processor).isEqualTo(new Processor("unknown", "unknown", Set.of("")));
    assertThat(processor.instructionSets()).isEqualTo("unknown");
    assertThat(processor.hasAvx2()).isFalse();
  }
}

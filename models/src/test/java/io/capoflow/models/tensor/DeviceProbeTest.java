package io.capoflow.models.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import org.junit.jupiter.api.Test;

class DeviceProbeTest {
  @Test
  void theProcessorMultipliesInEveryDtypeThatWeightsMayHave() {
    assertThat(DeviceProbe.dtypes("cpu")).containsExactly(ScalarType.values());
  }

  @Test
  void theProcessorsMemoryIsTheMachines() {
    DeviceMemory memory = DeviceMemory.of("cpu");

    assertThat(memory.total()).isGreaterThan(Runtime.getRuntime().totalMemory());
    assertThat(memory.free()).isPositive().isLessThanOrEqualTo(memory.total());
  }

  @Test
  void aDeviceThatIsNotThereIsRefusedByName() {
    assertThatThrownBy(() -> DeviceProbe.dtypes("cuda:99"))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("cuda:99");
    assertThatThrownBy(() -> DeviceMemory.of("gpu")).isInstanceOf(UserMistake.class);
  }
}

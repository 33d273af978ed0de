package io.capoflow.models.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.ScalarType;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadingTest {
  private static final Path DIRECTORY = Path.of("model");
  private static final LoraSettings LORA = LoraSettings.of(2, 4, List.of(LoraTarget.Q_PROJ));

  @Test
  void eachStepChangesWhatItNamesAndKeepsTheRest() {
    Loading training = Loading.forTraining(DIRECTORY, "cpu");
    Loading whole = training.withAdapter(LORA, 7).in(Precision.BF16);
    assertThat(whole).isEqualTo(training.in(Precision.BF16).withAdapter(LORA, 7));
    assertThat(whole.directory()).isEqualTo(DIRECTORY);
    assertThat(whole.device()).isEqualTo("cpu");
    assertThat(whole.training()).isTrue();
    assertThat(whole.precision()).contains(Precision.BF16);
    assertThat(whole.adapter()).isEqualTo(LORA);
    assertThat(whole.seed()).isEqualTo(7);
    assertThat(training.precision()).isEmpty();
  }

  @Test
  void anAdapterToTrainIsRefusedWhereNothingIsTrained() {
    Loading use = Loading.forUse(DIRECTORY, "cpu");
    assertThat(use.withAdapter(LoraSettings.NONE, 3).adapter()).isEqualTo(LoraSettings.NONE);
    assertThatThrownBy(() -> use.withAdapter(LORA, 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nothing is trained");
  }

  /** What is read only follows the precision, where one is named; what learns is always wide. */
  @ParameterizedTest
  @CsvSource({
    "BF16, BF16, F32, BF16, F32",
    "F16, F16, F32, BF16, F32",
    "F32, F32, F32, BF16, F32",
    "F64, F64, F64, BF16, F64"
  })
  void weightsAreHeldAs(
      ScalarType stored, ScalarType plain, ScalarType f32, ScalarType bf16, ScalarType learned) {
    Loading loading = Loading.forTraining(DIRECTORY, "cpu");
    assertThat(loading.held(stored, false)).isEqualTo(plain);
    assertThat(loading.in(Precision.F32).held(stored, false)).isEqualTo(f32);
    assertThat(loading.in(Precision.BF16).held(stored, false)).isEqualTo(bf16);
    assertThat(loading.held(stored, true)).isEqualTo(learned);
    assertThat(loading.in(Precision.BF16).held(stored, true)).isEqualTo(learned);
  }
}

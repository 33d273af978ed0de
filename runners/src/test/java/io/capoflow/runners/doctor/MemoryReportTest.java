package io.capoflow.runners.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.tensor.DeviceMemory;
import io.capoflow.pipelines.memory.RecipeMemory;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MemoryReportTest {
  private static final Path RECIPE =
      Path.of(System.getProperty("capoflow.home"), "recipes", "arithmetic.yaml");
  private static final long MEBIBYTE = 1L << 20;
  private static final long PLENTY = 1L << 50;

  @Test
  void whatFitsHasALineAPhaseAndADevice() {
    MemoryReport report = report(Map.of("cpu", PLENTY), PLENTY);

    assertThat(report.fits()).isTrue();
    assertThat(report.lines()).hasSize(10);
    assertThat(report.lines().get(1)).contains("arithmetic.yaml", "38 tokens", "120");
    assertThat(report.lines().get(2))
        .contains("weights", "optimizer", "cache", "activations", "in all");
    assertThat(report.lines().subList(3, 8))
        .satisfiesExactly(
            line -> assertThat(line).startsWith("  evaluate  cpu "),
            line -> assertThat(line).startsWith("  sample    cpu "),
            line -> assertThat(line).startsWith("  critique  cpu "),
            line -> assertThat(line).startsWith("  score     cpu "),
            line -> assertThat(line).startsWith("  train     cpu "));
    assertThat(report.lines().get(8)).startsWith("cpu: ").endsWith(" in all: fits");
    assertThat(report.lines().get(9)).startsWith("java heap: ").endsWith(": fits");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "evaluate; evaluate.samples=40000; evaluate.samples, sample.max_new_tokens",
        "sample; sample.shard_problems=4000 sample.max_rows=64000; sample.max_rows, sample.max_new_tokens",
        "critique; critique.times=4000 critique.max_rows=400000; critique.max_rows, critique.max_new_tokens",
        "train; batch.part_tokens=4000000 batch.mini_batch_rollouts=64000; batch.part_tokens"
      })
  void whatDoesNotFitNamesItsLever(String phase, String settings, String lever) {
    MemoryReport report = report(Map.of("cpu", 1500 * MEBIBYTE), PLENTY, settings.split(" ", -1));

    assertThat(report.fits()).isFalse();
    assertThat(report.lines())
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith("cpu: ")
                    .contains(" at the peak (" + phase + ") of 1.5 GB free")
                    .endsWith(": does not fit"))
        .anySatisfy(line -> assertThat(line).startsWith("  " + phase + ": lower " + lever));
    assertThat(report.lines()).filteredOn(line -> line.contains(": lower ")).hasSize(1);
  }

  @Test
  void noLeverHelpsWhereTheWeightsAloneAreTooLarge() {
    MemoryReport report = report(Map.of("cpu", MEBIBYTE), PLENTY);

    assertThat(report.fits()).isFalse();
    assertThat(report.lines())
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith("  train: weights and optimizer alone take ")
                    .endsWith("take a smaller model or a larger device"));
  }

  @Test
  void everyDeviceIsJudgedOnItsOwn() {
    String[] apart = {"policy.device=cuda:0", "critique.device=cuda:1"};

    MemoryReport fits = report(Map.of("cuda:0", PLENTY, "cuda:1", PLENTY), PLENTY, apart);
    assertThat(fits.fits()).isTrue();
    MemoryReport narrow = report(Map.of("cuda:0", PLENTY, "cuda:1", 9 * MEBIBYTE), PLENTY, apart);
    assertThat(narrow.fits()).isFalse();
    assertThat(narrow.lines())
        .anySatisfy(line -> assertThat(line).startsWith("cuda:0: ").endsWith(": fits"))
        .anySatisfy(line -> assertThat(line).startsWith("cuda:1: ").endsWith(": does not fit"))
        .anySatisfy(line -> assertThat(line).startsWith("  critique: lower "));
  }

  @Test
  void aDeviceThatIsNotHereIsStillEstimated() {
    MemoryReport report = report(Map.of("cpu", PLENTY), PLENTY, "policy.device=cuda:7");

    assertThat(report.fits()).isFalse();
    assertThat(report.lines())
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith("cuda:7: ")
                    .endsWith("at the peak (train), but there is no such device here"))
        .anySatisfy(line -> assertThat(line).startsWith("cpu: ").endsWith(": fits"));
  }

  @Test
  void aHeapTooSmallToSaveInSaysHowToRaiseIt() {
    MemoryReport report = report(Map.of("cpu", PLENTY), MEBIBYTE / 16);

    assertThat(report.fits()).isFalse();
    assertThat(report.lines())
        .last()
        .asString()
        .contains("of 0.1 MB: does not fit; set CAPOFLOW_JAVA_OPTIONS=-Xmx1g");
  }

  private static MemoryReport report(Map<String, Long> free, long heap, String... settings) {
    TrainingRecipe recipe =
        RecipeBinder.of(TrainingRecipe.class)
            .read(RECIPE, Stream.of(settings).map(Setting::parse).toList())
            .settings();
    return MemoryReport.of(
        RECIPE,
        RecipeMemory.of(recipe, new RecipeMemory.Lengths(38, 120)),
        device ->
            Optional.ofNullable(free.get(device)).map(bytes -> new DeviceMemory(bytes, bytes)),
        heap);
  }
}

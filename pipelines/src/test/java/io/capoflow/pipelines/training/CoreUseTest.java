package io.capoflow.pipelines.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

final class CoreUseTest {
  private static final Path HOME = Path.of(System.getProperty("capoflow.home"));

  @Test
  void slotsWorkersAndThreadsAreThoseOfTheRecipe() {
    assertThat(use("execution.parallelism=3", "train.workers=2", "policy.device=cpu"))
        .isEqualTo(cores() + "3 slots sample and critique, 2 workers train, torch.threads 1");
    assertThat(
            use(
                "execution.parallelism=1",
                "train.workers=1",
                "policy.device=cpu",
                "critique.enabled=false",
                "credit.scheme=grpo"))
        .isEqualTo(cores() + "1 slot samples, 1 worker trains, torch.threads 1");
  }

  @Test
  void withoutANumberOfWorkersEveryCoreTrains() {
    int processors = Runtime.getRuntime().availableProcessors();
    assertThat(use("policy.device=cpu")).contains(workers(processors));
    assertThat(use("policy.device=cpu", "torch.threads=2"))
        .contains(workers(Math.max(1, processors / 2)))
        .endsWith("torch.threads 2");
    assertThat(use("policy.device=cpu", "torch.threads=999")).contains(workers(1));
  }

  @Test
  void devicesBesideTheCpuAreNamedAndAGpuHasOneWorker() {
    assertThat(use("policy.device=cuda:0", "critique.device=cuda:1"))
        .endsWith(
            "slots sample and critique, 1 worker trains, torch.threads 1, policy on cuda:0, critic"
                + " on cuda:1");
  }

  private static String workers(int count) {
    return count == 1 ? " 1 worker trains" : " " + count + " workers train";
  }

  private static String cores() {
    int processors = Runtime.getRuntime().availableProcessors();
    return processors == 1 ? "1 core: " : processors + " cores: ";
  }

  private static String use(String... settings) {
    TrainingRecipe recipe =
        RecipeBinder.of(TrainingRecipe.class, HOME)
            .load(
                HOME.resolve("recipes/arithmetic.yaml"),
                Arrays.stream(settings).map(Setting::parse).toList())
            .settings();
    return CoreUse.of(recipe);
  }
}

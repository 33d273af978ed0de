package io.capoflow.pipelines.critics;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.critic.ServerCriticSpec;
import io.capoflow.pipelines.workers.WorkerCheck;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RecipeCriticsTest {
  private static final Path HOME = Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY));

  @Test
  void processesThatAskAServerShareItsRatesAndBudgets() {
    TrainingRecipe recipe =
        RecipeBinder.of(TrainingRecipe.class, HOME)
            .load(
                HOME.resolve("recipes/served-critic.yaml"),
                List.of(Setting.parse("critique.budget_tokens=9000")))
            .settings();
    assertThat(workers(RecipeCritics.of(recipe))).isEqualTo(1);
    assertThat(workers(RecipeCritics.of(recipe, 3))).isEqualTo(3);
  }

  @Test
  void aDataflowInThisProcessHasOne() {
    assertThat(WorkerCheck.processes(Optional.empty(), 8)).isEqualTo(1);
  }

  private static int workers(Optional<? extends Object> critic) {
    return ((ServerCriticSpec) critic.orElseThrow()).endpoint().limits().workers();
  }
}

package io.capoflow.pipelines.critics;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.critic.CriticSpec;
import io.capoflow.models.critic.ServerCriticSpec;
import io.capoflow.settings.recipe.CritiqueRecipe;
import io.capoflow.settings.recipe.CritiqueSection;
import io.capoflow.settings.recipe.ServerKeys;
import io.capoflow.settings.recipe.TorchSection;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.journal.JournalFolder;
import java.nio.file.Path;
import java.util.Optional;

/** The critics of recipes. */
public final class RecipeCritics {
  private RecipeCritics() {}

  /**
   * The critic, where one is asked, of an engine that works in one process.
   *
   * @throws io.capoflow.schemas.UserMistake when there is none at its path
   */
  public static Optional<CriticSource> of(TrainingRecipe recipe) {
    return of(recipe, 1);
  }

  /**
   * The critic, where one is asked.
   *
   * @param processes that ask it: they share the rates and budgets of one behind a server
   * @throws io.capoflow.schemas.UserMistake when there is none at its path
   */
  public static Optional<CriticSource> of(TrainingRecipe recipe, int processes) {
    return of(recipe.critique(), recipe.torch(), processes);
  }

  /** The same of a recipe of critique alone, of an engine that works in one process. */
  public static Optional<CriticSource> of(CritiqueRecipe recipe) {
    return of(recipe, 1);
  }

  /** The same of a recipe of critique alone. */
  public static Optional<CriticSource> of(CritiqueRecipe recipe, int processes) {
    return of(recipe.critique(), recipe.torch(), processes);
  }

  private static Optional<CriticSource> of(
      CritiqueSection critique, TorchSection torch, int processes) {
    if (!critique.enabled()) {
      return Optional.empty();
    }
    return critique.server().used()
        ? Optional.of(served(critique, processes))
        : critique.path().map(path -> local(critique, torch, path));
  }

  private static ServerCriticSpec served(CritiqueSection critique, int processes) {
    ServerKeys server = critique.server();
    return new ServerCriticSpec(
        server.spec(processes),
        new JournalFolder(server.journal()),
        critique.asked(),
        critique.splitter(),
        critique.sampling().parameters(),
        server.logprobs(),
        server.extraBody());
  }

  private static CriticSpec local(CritiqueSection critique, TorchSection torch, Path path) {
    return CriticSpec.of(
        path,
        critique.device(),
        torch.settings(),
        critique.asked(),
        critique.splitter(),
        critique.prompts(),
        critique.sampling().parameters(),
        critique.maxRows());
  }
}

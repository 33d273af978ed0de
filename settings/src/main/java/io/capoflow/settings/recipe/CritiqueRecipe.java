package io.capoflow.settings.recipe;

import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;
import io.capoflow.settings.binding.NeedsFiles;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Section;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How rollouts that somebody already has are judged: the parts of a training recipe that matter
 * where nothing is sampled and nobody learns.
 */
public record CritiqueRecipe(
    @Key(doc = "Name of the recipe", kind = KeyKind.EXECUTION, fromFileName = true) String name,
    @Key(doc = "Key of every random draw", defaults = "0", range = "[0, )") long seed,
    @Key(
            doc =
                "Jars of your own, or folders of jars, whose classes this recipe names; their code"
                    + " runs with your rights; see docs/extending.md",
            kind = KeyKind.EXECUTION)
        List<Path> extensions,
    @Section("Deciding whether an answer is right") VerifySection verify,
    @Section("Critiquing the steps of every rollout") CritiqueSection critique,
    @Section("Voting on steps") VoteSection vote,
    @Section("The tensor engine") TorchSection torch,
    @Section("Where the dataflow runs") ExecutionSection execution)
    implements NeedsFiles {
  /** Reads these parts of recipes, whatever else training recipes say in them. */
  public static RecipeBinder<CritiqueRecipe> binder() {
    return RecipeBinder.of(CritiqueRecipe.class).ofRecipesLike(TrainingRecipe.class);
  }

  @Override
  public List<String> requiredFiles() {
    List<String> keys = new ArrayList<>();
    if (critique.enabled() && critique.examples().isPresent()) {
      keys.add("critique.examples");
    }
    if (critique.enabled() && !critique.server().used()) {
      keys.add("critique.path");
    }
    return List.copyOf(keys);
  }
}

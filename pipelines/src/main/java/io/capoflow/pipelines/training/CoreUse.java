package io.capoflow.pipelines.training;

import io.capoflow.models.learning.PartSettings;
import io.capoflow.models.tensor.Torch;
import io.capoflow.settings.recipe.TrainingRecipe;
import java.util.ArrayList;
import java.util.List;

/** Which cores and devices of this machine a recipe uses, and for what, in words. */
public final class CoreUse {
  private CoreUse() {}

  /**
   * One line, such as {@code 2 cores: 2 slots sample and critique, 2 workers train, torch.threads
   * 1}; devices other than the CPU follow.
   *
   * @throws io.capoflow.schemas.UserMistake when a device's name cannot be read
   */
  public static String of(TrainingRecipe recipe) {
    int threads = recipe.torch().threads();
    String policy = Torch.resolve(recipe.policy().device());
    PartSettings parts =
        recipe
            .train()
            .workers()
            .parts(recipe.batch().partTokens(), recipe.batch().tokens())
            .on(policy.equals("cpu"), threads);
    boolean asked = recipe.critique().enabled() && recipe.critique().server().used();
    boolean critiques = recipe.critique().enabled() && !asked;
    List<String> use = new ArrayList<>();
    use.add(
        counted(
            recipe.execution().parallelism(),
            "slot",
            critiques ? "sample and critique" : "sample"));
    use.add(counted(parts.workers(), "worker", "train"));
    use.add("torch.threads " + threads);
    if (!policy.equals("cpu")) {
      use.add("policy on " + policy);
    }
    if (critiques) {
      String critic = Torch.resolve(recipe.critique().device());
      if (!critic.equals("cpu")) {
        use.add("critic on " + critic);
      }
    } else if (asked) {
      use.add("critic behind a server");
    }
    int cores = Runtime.getRuntime().availableProcessors();
    return (cores == 1 ? "1 core" : cores + " cores") + ": " + String.join(", ", use);
  }

  /** {@code 1 worker trains}, {@code 2 workers train}. */
  private static String counted(int count, String noun, String verbs) {
    return count == 1
        ? "1 %s %s".formatted(noun, verbs.replaceAll("(sample|critique|train)", "$1s"))
        : "%d %ss %s".formatted(count, noun, verbs);
  }
}

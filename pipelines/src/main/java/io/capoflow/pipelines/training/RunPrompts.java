package io.capoflow.pipelines.training;

import io.capoflow.models.chat.PromptForm;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.chat.Prompts;
import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.policy.PolicySpec;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The form of a run's prompts: all of them have one, that of the starting policy. */
public final class RunPrompts {
  private RunPrompts() {}

  /** As the run's starting policy is asked, from the run's own copy of it where there is one. */
  static PromptForm form(RunDirectory run, TrainingRecipe recipe) {
    Path start =
        run.policies().find(0).isPresent() ? run.policies().directory(0) : recipe.policy().path();
    return Prompts.read(recipe.policyPrompts(), start).form();
  }

  /**
   * Refuses settings with which the starting policy cannot be asked: many a chat template takes no
   * message of the system.
   *
   * @throws UserMistake that says what refuses the problem
   */
  static void requireWritable(TrainingRecipe recipe, Problem problem) {
    ModelDirectory files = ModelDirectory.of(recipe.policy().path());
    PromptSettings settings = recipe.policyPrompts();
    Prompts prompts = Prompts.read(settings, files);
    DecoderConfig config = DecoderConfig.read(files.base());
    try (HfTokenizer tokenizer = HfTokenizer.load(files)) {
      try {
        prompts.encode(problem.getPrompt(), tokenizer, config.bosTokenId());
      } catch (UserMistake refused) {
        throw settings.system().isEmpty()
            ? refused
            : new UserMistake(
                "problems.system is set, and the first problem cannot be asked (%s); leave it out, or say it in problems.instruction"
                    .formatted(refused.getMessage()),
                refused);
      }
    }
  }

  /**
   * How a run asks its policies.
   *
   * @throws io.capoflow.schemas.UserMistake when the run's recipe cannot be read
   */
  public static PromptSettings settings(RunDirectory run) {
    return recipe(run).policyPrompts();
  }

  /**
   * Holds a version of a run's policy that is to be asked as the run asks it to the form of the
   * run's prompts. A run whose record says nothing of them is not held to any.
   *
   * @throws io.capoflow.schemas.UserMistake when the version's files would make other prompts
   */
  public static void requireKept(RunDirectory run, PolicySpec policy) {
    PromptForm kept = RunRecord.prompts(run);
    if (!kept.equals(PromptForm.UNKNOWN)) {
      policy.form().requireSame(kept, "policy %s of %s".formatted(policy.version(), run.root()));
    }
  }

  /**
   * Why the prompts of a run have two forms: code that kept no record of them looked for the chat
   * template in the directory of each version, where an adapter has none, and asked in plain text
   * where it found none. Empty for a run whose prompts have one form.
   *
   * @throws io.capoflow.schemas.UserMistake when the run's recipe or starting policy cannot be read
   */
  public static Optional<String> fault(RunDirectory run) {
    if (!Files.isRegularFile(run.run())
        || !Files.isRegularFile(run.recipe())
        || !RunRecord.prompts(run).equals(PromptForm.UNKNOWN)) {
      return Optional.empty();
    }
    TrainingRecipe recipe = recipe(run);
    boolean templated =
        recipe.lora().settings().isAdapter() && form(run, recipe).usesModelsTemplate();
    return templated && anAdapterWasAsked(run)
        ? Optional.of(
            "iteration 0 was asked in the model's chat template, and the adapters after it in plain"
                + " text: an earlier version of capoflow did not look for the template in an adapter's base")
        : Optional.empty();
  }

  private static TrainingRecipe recipe(RunDirectory run) {
    return RecipeBinder.of(TrainingRecipe.class).readKept(run.recipe()).settings();
  }

  private static boolean anAdapterWasAsked(RunDirectory run) {
    return run.policies().versions().stream()
        .filter(version -> version > 0)
        .anyMatch(
            version ->
                Files.exists(run.stage(version, Stage.ROLLOUTS))
                    || Files.exists(run.evaluation(version)));
  }
}

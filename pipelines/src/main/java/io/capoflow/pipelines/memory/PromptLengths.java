package io.capoflow.pipelines.memory;

import io.capoflow.datasets.problems.GoldCheck;
import io.capoflow.datasets.problems.ProblemIntake;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.chat.Prompts;
import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.critic.PromptTemplate;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.steps.Step;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.settings.recipe.ProblemsSection;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.verifiers.Verifier;
import io.capoflow.worlds.arithmetic.ArithmeticSplit;
import io.capoflow.worlds.arithmetic.ArithmeticWorld;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;

/** How long a recipe's prompts are, by its own problems, tokenizers and template. */
public final class PromptLengths {
  /** Enough to meet a long one; the rest of a large file would only take time. */
  private static final int PROBLEMS = 4_096;

  private PromptLengths() {}

  /**
   * The longest of the first {@value #PROBLEMS} problems.
   *
   * @throws io.capoflow.schemas.UserMistake when problems, tokenizer or template cannot be read
   */
  public static RecipeMemory.Lengths measure(TrainingRecipe recipe) {
    List<Problem> problems = problems(recipe);
    int prompt =
        longest(recipe.policy().path(), recipe.policyPrompts(), problems, Problem::getPrompt);
    if (!recipe.critique().enabled() || recipe.critique().path().isEmpty()) {
      return new RecipeMemory.Lengths(prompt, 1);
    }
    PromptTemplate template = recipe.critique().asked().template();
    int critique =
        longest(
            recipe.critique().path().orElseThrow(),
            recipe.critique().prompts(),
            problems,
            problem -> ofCritique(template, problem));
    return new RecipeMemory.Lengths(prompt, critique);
  }

  private static int longest(
      Path model,
      PromptSettings settings,
      List<Problem> problems,
      Function<Problem, List<Message>> messages) {
    ModelDirectory files = ModelDirectory.of(model);
    DecoderConfig config = DecoderConfig.read(files.base());
    Prompts prompts = Prompts.read(settings, files);
    try (HfTokenizer tokenizer = HfTokenizer.load(files)) {
      return problems.stream()
          .map(messages)
          .mapToInt(asked -> prompts.encode(asked, tokenizer, config.bosTokenId()).length)
          .max()
          .orElse(1);
    }
  }

  /**
   * What a critic is asked about a problem, with a response of one step that says nothing: the
   * response's own tokens are known.
   */
  public static List<Message> ofCritique(PromptTemplate template, Problem problem) {
    Rollout rollout =
        Rollout.newBuilder()
            .setRunId("")
            .setIteration(0)
            .setProblem(problem)
            .setSampleIndex(0)
            .setRolloutId("")
            .setPromptTokenIds(List.of())
            .setResponseTokenIds(List.of())
            .setResponse(".")
            .setTokenEnds(List.of())
            .setBehaviourLogprobs(List.of())
            .setFinishReason(FinishReason.STOP.text())
            .setPolicyVersion("")
            .setTemperature(1)
            .setTopP(1)
            .setMaxNewTokens(1)
            .setSeed(0)
            .build();
    return template.render(rollout, List.of(new Step(0, 0, 1)));
  }

  /**
   * A recipe's training problems, the first {@value #PROBLEMS} of them.
   *
   * @throws io.capoflow.schemas.UserMistake when they cannot be read
   */
  public static List<Problem> problems(TrainingRecipe recipe) {
    ProblemsSection section = recipe.problems();
    return switch (section.source()) {
      case ARITHMETIC ->
          new ArithmeticWorld(section.seed())
              .problems(ArithmeticSplit.TRAIN, Math.min(PROBLEMS, section.train()));
      case FILE ->
          new ProblemIntake(
                  new GoldCheck(
                      Extensions.named(
                          Verifier.class, Verifier::name, "verifier", recipe.verify().verifier()),
                      recipe.verify().options()))
              .read(section.file().orElseThrow()).problems().stream().limit(PROBLEMS).toList();
    };
  }
}

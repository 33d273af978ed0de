package io.capoflow.pipelines.training;

import io.capoflow.models.critic.PromptTemplate;
import io.capoflow.models.endpoint.ChatCall;
import io.capoflow.models.endpoint.TokenPrices;
import io.capoflow.pipelines.memory.PromptLengths;
import io.capoflow.schemas.Message;
import io.capoflow.settings.recipe.CritiqueSection;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What the critics of a run would cost at most, before any is asked: every response and every
 * critique as long as the recipe lets it be, and nothing taken from a journal.
 *
 * @param iterations that are still to run
 * @param critiques of them
 * @param calls that ask for these
 * @param readTokens in the prompts of these calls, by the length of their texts
 * @param writtenTokens by the critic
 * @param cost by the recipe's prices; 0 where it names none
 * @param served whether a server is asked at all; where none is, all but the iterations are 0
 */
public record CriticForecast(
    int iterations,
    long critiques,
    long calls,
    long readTokens,
    long writtenTokens,
    double cost,
    boolean served) {
  /** English and mathematics have about so many characters a token. */
  private static final double CHARACTERS_A_TOKEN = 4;

  /** What is left of a run, which may not have begun. */
  public static CriticForecast of(TrainingRecipe recipe, RunDirectory run) {
    CritiqueSection critique = recipe.critique();
    List<Integer> versions = run.policies().versions();
    int done = versions.isEmpty() ? 0 : versions.get(versions.size() - 1);
    int iterations = Math.max(0, recipe.iterations() - done);
    if (!critique.enabled() || !critique.server().used()) {
      return new CriticForecast(iterations, 0, 0, 0, 0, 0, false);
    }
    long rollouts =
        (long) iterations * recipe.problems().perIteration() * recipe.sample().rollouts();
    int each =
        ChatCall.together(critique.sampling().parameters(), critique.server().choicesPerCall());
    long calls = rollouts * ((critique.times() + each - 1) / each);
    long critiques = rollouts * critique.times();
    long read =
        Math.round(calls * (promptTokens(recipe) + recipe.sample().sampling().maxNewTokens()));
    long written = critiques * critique.sampling().maxNewTokens();
    TokenPrices prices = critique.server().spec(1).prices();
    return new CriticForecast(
        iterations, critiques, calls, read, written, prices.cost(read, 0, written), true);
  }

  private static double promptTokens(TrainingRecipe recipe) {
    PromptTemplate template = recipe.critique().asked().template();
    return PromptLengths.problems(recipe).stream()
            .mapToInt(
                problem ->
                    PromptLengths.ofCritique(template, problem).stream()
                        .map(Message::getContent)
                        .mapToInt(String::length)
                        .sum())
            .average()
            .orElse(0)
        / CHARACTERS_A_TOKEN;
  }

  /** As they are to be shown. */
  public List<String> lines() {
    if (!served) {
      return List.of("no server is asked: the recipe has no critique.endpoint");
    }
    List<String> lines = new ArrayList<>();
    lines.add(
        String.format(
            Locale.ROOT,
            "%d iterations need %,d critiques in %,d calls, less what the journal has",
            iterations,
            critiques,
            calls));
    lines.add(
        String.format(
            Locale.ROOT,
            "at most about %,d tokens read and %,d written, were every response and critique as long"
                + " as the recipe allows",
            readTokens,
            writtenTokens));
    lines.add(
        cost > 0
            ? String.format(Locale.ROOT, "at most about %,.2f by the recipe's prices", cost)
            : "no cost: set critique.prompt_price and critique.written_price, of a million tokens");
    return lines;
  }
}

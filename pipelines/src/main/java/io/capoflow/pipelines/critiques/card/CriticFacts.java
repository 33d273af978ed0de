package io.capoflow.pipelines.critiques.card;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.endpoint.TokenPrices;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a recipe says of a critic. Immutable.
 *
 * @param critic as the rows name it: name and content digest
 * @param name as the card names it, short
 * @param model name of the model or of its folder, without a path
 * @param template name of the prompt template, with its version where it has one
 * @param critiques asked of it for a rollout, k
 * @param settings how critiques are drawn, by key, in the order in which the card lists them:
 *     temperature, top_p, …
 * @param prices of its tokens; empty where none were given
 */
public record CriticFacts(
    String critic,
    String name,
    String model,
    String template,
    int critiques,
    Map<String, String> settings,
    Optional<TokenPrices> prices) {
  public CriticFacts {
    requireNonNull(critic, "critic");
    requireNonNull(name, "name");
    requireNonNull(model, "model");
    requireNonNull(template, "template");
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    requireNonNull(prices, "prices");
  }
}

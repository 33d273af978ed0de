package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.ExactSum;
import io.capoflow.transforms.describe.RolloutDescription;
import java.util.OptionalDouble;

/**
 * What critiques cost by the prices that were given. What a server had cached is charged in full,
 * since that changes from one build to the next.
 */
final class Costs {
  private final CardFacts facts;
  private final DatasetStatistics statistics;

  Costs(CardFacts facts, DatasetStatistics statistics) {
    this.facts = facts;
    this.statistics = statistics;
  }

  /** Of one critic, or of all together; empty where some tokens have no price. */
  OptionalDouble of(String critic) {
    return critic.equals(RolloutDescription.ALL_CRITICS) ? ofAll() : ofOne(critic);
  }

  private OptionalDouble ofAll() {
    ExactSum sum = new ExactSum();
    for (String critic : statistics.critics().keySet()) {
      if (!critic.equals(RolloutDescription.ALL_CRITICS)) {
        OptionalDouble cost = ofOne(critic);
        if (cost.isEmpty()) {
          return OptionalDouble.empty();
        }
        sum.add(cost.getAsDouble());
      }
    }
    return statistics.critics().size() > 1
        ? OptionalDouble.of(sum.value())
        : OptionalDouble.empty();
  }

  private OptionalDouble ofOne(String critic) {
    CriticFigures figures = statistics.critics().get(critic);
    return facts.critics().stream()
        .filter(known -> known.critic().equals(critic))
        .flatMap(known -> known.prices().stream())
        .mapToDouble(prices -> prices.cost(figures.promptTokens(), 0, figures.writtenTokens()))
        .findFirst();
  }
}

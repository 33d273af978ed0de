package io.capoflow.pipelines.critiques;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.endpoint.TokenPrices;
import org.junit.jupiter.api.Test;

/** What a build is said to cost. */
final class DatasetForecastTest {
  @Test
  void aCostIsOfThePricesThatAreSet() {
    TokenPrices prices = new TokenPrices(0.4, 0, 1.2);
    assertThat(DatasetForecast.cost(prices, 5_000_000, 1_000_000))
        .isEqualTo("  at most about 3.20 by the recipe's prices");
    // The journal has everything.
    assertThat(DatasetForecast.cost(prices, 0, 0))
        .isEqualTo("  at most about 0.00 by the recipe's prices");
  }

  @Test
  void withoutPricesTheyAreAskedFor() {
    assertThat(DatasetForecast.cost(TokenPrices.NONE, 5_000_000, 1_000_000))
        .startsWith("  no cost: set critique.prompt_price and critique.written_price");
  }
}

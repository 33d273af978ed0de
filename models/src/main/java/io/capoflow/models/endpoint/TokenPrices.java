package io.capoflow.models.endpoint;

import java.io.Serializable;

/**
 * What a million tokens cost, in any currency.
 *
 * @param prompt read in full
 * @param cached read before by the server
 * @param written by the model
 */
public record TokenPrices(double prompt, double cached, double written) implements Serializable {
  public static final TokenPrices NONE = new TokenPrices(0, 0, 0);

  /** What these tokens cost. */
  public double cost(long promptTokens, long cachedTokens, long writtenTokens) {
    return (prompt * promptTokens + cached * cachedTokens + written * writtenTokens) / 1e6;
  }
}

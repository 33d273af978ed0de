package io.capoflow.models.generation;

import java.io.Serializable;

/**
 * How tokens are drawn.
 *
 * @param temperature divides the logits; 0 means greedy decoding
 * @param topP nucleus size in (0, 1]: the smallest set of most likely tokens whose probability
 *     reaches it is kept
 * @param maxNewTokens length limit of a response, its end-of-sequence token included
 */
public record SamplingParameters(double temperature, double topP, int maxNewTokens)
    implements Serializable {
  public SamplingParameters {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "temperature must be finite and not negative: " + temperature);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("top_p must be in (0, 1]: " + topP);
    }
    if (maxNewTokens < 1) {
      throw new IllegalArgumentException("max_new_tokens must be positive: " + maxNewTokens);
    }
  }

  public boolean greedy() {
    return temperature == 0;
  }
}

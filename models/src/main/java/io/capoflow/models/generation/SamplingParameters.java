package io.capoflow.models.generation;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.capoflow.schemas.Json;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * How tokens are drawn. Truncations follow each other as in Hugging Face's transformers: the
 * temperature, then top-k, then top-p of the distribution that top-k left, then min-p.
 *
 * @param temperature divides the logits; 0 means greedy decoding
 * @param topP nucleus size in (0, 1]: the smallest set of most likely tokens whose probability
 *     reaches it is kept
 * @param topK how many of the most likely tokens are kept, with any that are as likely as the last
 *     of them; 0 means all
 * @param minP share in [0, 1] of the most likely token's probability below which tokens are
 *     dropped; 0 means none
 * @param stop texts that end a response: its last token is the one that completes the first of
 *     them, and its text keeps it
 * @param maxNewTokens length limit of a response, its end-of-sequence token included
 */
public record SamplingParameters(
    double temperature, double topP, int topK, double minP, List<String> stop, int maxNewTokens)
    implements Serializable {
  public SamplingParameters {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw new IllegalArgumentException(
          "temperature must be finite and not negative: " + temperature);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw new IllegalArgumentException("top_p must be in (0, 1]: " + topP);
    }
    if (topK < 0) {
      throw new IllegalArgumentException("top_k must not be negative: " + topK);
    }
    if (!(minP >= 0 && minP <= 1)) {
      throw new IllegalArgumentException("min_p must be in [0, 1]: " + minP);
    }
    stop = List.copyOf(stop);
    if (stop.contains("")) {
      throw new IllegalArgumentException("stop must not contain an empty text");
    }
    if (maxNewTokens < 1) {
      throw new IllegalArgumentException("max_new_tokens must be positive: " + maxNewTokens);
    }
  }

  /** Without top-k, min-p and stop texts. */
  public SamplingParameters(double temperature, double topP, int maxNewTokens) {
    this(temperature, topP, 0, 0, List.of(), maxNewTokens);
  }

  public boolean greedy() {
    return temperature == 0;
  }

  /**
   * All that can change a response, for the identity of what is made with these parameters. What is
   * off is not mentioned.
   */
  public String identity() {
    return "temperature=%s;top_p=%s;max_new_tokens=%d".formatted(temperature, topP, maxNewTokens)
        + (topK > 0 ? ";top_k=" + topK : "")
        + (minP > 0 ? ";min_p=" + minP : "")
        + (stop.isEmpty() ? "" : ";stop=" + json(stop));
  }

  private static String json(List<String> texts) {
    try {
      return Json.ONE_LINE.writeValueAsString(texts);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}

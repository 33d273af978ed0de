package io.capoflow.settings.recipe;

import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.settings.binding.Key;
import java.util.List;

/** How tokens are drawn, of the policy and of the critic alike. */
public record SamplingKeys(
    @Key(doc = "Divides the logits", defaults = "0.7", range = "(0, )") double temperature,
    @Key(
            doc = "Nucleus: the most likely tokens that together reach this probability",
            defaults = "0.9",
            range = "(0, 1]")
        double topP,
    @Key(
            doc = "Most likely tokens kept before top_p, and any as likely as the last; 0: all",
            defaults = "0",
            range = "[0, )")
        int topK,
    @Key(
            doc =
                "Tokens are dropped below this share of the most likely one's probability; 0: none",
            defaults = "0",
            range = "[0, 1]")
        double minP,
    @Key(
            doc = "Texts that end generation; what was generated keeps the one it ended with",
            defaults = "[]")
        List<String> stop,
    @Key(doc = "Tokens a response may have", defaults = "1024", range = "[1, )") int maxNewTokens) {
  /** As the models take them. */
  public SamplingParameters parameters() {
    return new SamplingParameters(temperature, topP, topK, minP, stop, maxNewTokens);
  }
}

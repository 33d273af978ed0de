package io.capoflow.settings.recipe;

import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.settings.binding.Key;

/** The optimizer, AdamW, of training and of the warm start alike. */
public record OptimizerKeys(
    @Key(doc = "AdamW's β1", defaults = "0.9", range = "[0, 1)") double beta1,
    @Key(doc = "AdamW's β2", defaults = "0.95", range = "[0, 1)") double beta2,
    @Key(doc = "AdamW's ε", defaults = "1e-8", range = "(0, )") double epsilon,
    @Key(doc = "AdamW's weight decay", defaults = "0", range = "[0, )") double weightDecay,
    @Key(
            doc = "Gradients are scaled down to this global norm; 0: never",
            defaults = "1",
            range = "[0, )")
        double maxGradientNorm) {
  /** As the learner takes them. */
  public AdamWSettings settings() {
    return new AdamWSettings(beta1, beta2, epsilon, weightDecay, maxGradientNorm);
  }
}

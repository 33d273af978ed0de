package io.capoflow.settings.recipe;

import io.capoflow.models.learning.ComputeSettings;
import io.capoflow.models.tensor.Precision;
import io.capoflow.settings.binding.Key;

/** What learning holds in memory, of training and of the warm start alike. */
public record ComputeKeys(
    @Key(
            doc =
                "Whether each layer is computed again for its backward pass: less memory, a third"
                    + " more work",
            defaults = "false")
        boolean recomputeLayers,
    @Key(
            doc = "Response tokens whose distributions over the vocabulary exist at a time",
            defaults = "1024",
            range = "[1, )")
        int logitTokens) {
  /**
   * As the learner takes them.
   *
   * @param dtype of the model that learns
   */
  public ComputeSettings settings(Precision dtype) {
    return new ComputeSettings(dtype, recomputeLayers, logitTokens);
  }
}

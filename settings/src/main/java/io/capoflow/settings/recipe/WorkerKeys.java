package io.capoflow.settings.recipe;

import io.capoflow.models.learning.PartSettings;
import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;
import java.util.Optional;

/** Who computes gradients, of training and of the warm start alike. */
public record WorkerKeys(
    @Key(
            doc =
                "Threads that compute gradient parts at the same time, each with gradients of its"
                    + " own; where not set, as many as the machine has cores for torch.threads, and one"
                    + " on a GPU. Changes the time and never the result",
            range = "[1, )",
            kind = KeyKind.EXECUTION)
        Optional<Integer> workers) {
  /**
   * As the learner takes them.
   *
   * @param partTokens slots of a part
   * @param tokens slots of all parts that are computed at a time
   */
  public PartSettings parts(int partTokens, int tokens) {
    return new PartSettings(partTokens, workers.orElse(PartSettings.EVERY_CORE), tokens);
  }
}

package io.capoflow.settings.recipe;

import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.binding.Key;
import java.util.List;

/** Training a low-rank adapter. */
public record LoraSection(
    @Key(
            doc = "Rank r of the adapter; 0: all parameters are trained",
            defaults = "0",
            range = "[0, )")
        int rank,
    @Key(
            doc = "What the adapter adds is multiplied by alpha / rank",
            defaults = "32",
            range = "(0, )")
        double alpha,
    @Key(
            doc = "Matrices of every layer that the adapter adds to",
            defaults = "[q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj]")
        List<LoraTarget> targets) {
  public LoraSection {
    if (rank > 0 && targets.isEmpty()) {
      throw new InvalidSetting("targets", "is empty, but an adapter needs matrices to add to");
    }
  }

  /** As the models take them. */
  public LoraSettings settings() {
    return LoraSettings.of(rank, alpha, targets);
  }
}

package io.capoflow.settings.recipe;

import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.binding.Key;
import io.capoflow.transforms.credit.CreditScheme;
import io.capoflow.transforms.credit.CreditSettings;

/** Rewards and advantages of tokens. */
public record CreditSection(
    @Key(doc = "Credit scheme", defaults = "capo", extension = CreditScheme.class) String scheme,
    @Key(doc = "Reward of every token of a right answer", defaults = "2", range = "(0, )")
        double wWhole,
    @Key(doc = "Penalty of every token of a wrong step", defaults = "1", range = "[0, )")
        double wProcess,
    @Key(doc = "Over which population advantages are normalised", defaults = "token")
        CreditSettings.Normalisation normalisation,
    @Key(doc = "Reward of a response with exactly one final box", defaults = "0", range = "[0, )")
        double formatReward) {
  public CreditSection {
    if (wProcess >= wWhole) {
      throw new InvalidSetting(
          "w_process",
          "must stay below credit.w_whole, so that a right answer outranks a wrong one: "
              + wProcess
              + " against "
              + wWhole);
    }
    if (formatReward > 0 && formatReward >= wWhole - wProcess) {
      throw new InvalidSetting(
          "format_reward",
          "must stay below credit.w_whole - credit.w_process, which is " + (wWhole - wProcess));
    }
  }

  /** As the credit schemes take them. */
  public CreditSettings settings() {
    return new CreditSettings(wWhole, wProcess, normalisation, formatReward);
  }
}

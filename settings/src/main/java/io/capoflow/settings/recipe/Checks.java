package io.capoflow.settings.recipe;

import io.capoflow.models.chat.PromptFormat;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.tensor.Torch;
import io.capoflow.settings.binding.InvalidSetting;
import java.util.List;

/** What sections check alike. */
final class Checks {
  private Checks() {}

  /**
   * Checks the keys {@code prompt_format} and {@code template_variables}.
   *
   * @throws InvalidSetting for variables that cannot be read or go unread
   */
  static void prompts(PromptFormat format, List<String> variables) {
    try {
      new PromptSettings(format, variables);
    } catch (IllegalArgumentException e) {
      throw new InvalidSetting("template_variables", e.getMessage());
    }
  }

  /**
   * Checks the key {@code device}.
   *
   * @throws InvalidSetting for a name that no device could have
   */
  static void device(String device) {
    if (!Torch.isDeviceName(device)) {
      throw new InvalidSetting("device", "expects auto, cpu or cuda:N, found " + device);
    }
  }
}

package io.capoflow.settings.recipe;

import io.capoflow.models.chat.PromptFormat;
import io.capoflow.models.tensor.Precision;
import io.capoflow.settings.binding.Key;
import java.nio.file.Path;
import java.util.List;

/** The policy that is trained. */
public record PolicySection(
    @Key(doc = "Starting policy, a Hugging Face model directory") Path path,
    @Key(doc = "auto, cpu or cuda:N; auto takes the first GPU there is", defaults = "auto")
        String device,
    @Key(
            doc =
                "In what policy and reference compute, sampling and training alike; the trained"
                    + " weights are f32 in either",
            defaults = "f32")
        Precision dtype,
    @Key(
            doc =
                "How messages become a prompt; auto: by the checkpoint's chat template where it"
                    + " has one, else plain",
            defaults = "auto")
        PromptFormat promptFormat,
    @Key(
            doc =
                "Variables of the checkpoint's chat template, as [enable_thinking=false]; see"
                    + " docs/chat-templates.md")
        List<String> templateVariables) {
  public PolicySection {
    Checks.device(device);
    Checks.prompts(promptFormat, templateVariables);
  }
}

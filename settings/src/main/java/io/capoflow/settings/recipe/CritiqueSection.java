package io.capoflow.settings.recipe;

import io.capoflow.models.chat.PromptFormat;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.critic.PromptTemplate;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;
import io.capoflow.settings.binding.SharedKeys;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Critiquing the steps of every rollout. */
public record CritiqueSection(
    @Key(doc = "Whether critics are asked at all", defaults = "true") boolean enabled,
    @Key(
            doc = "Kind of critic: local is a language model in this process",
            defaults = "local",
            choices = {"local"})
        String critic,
    @Key(doc = "Critic, a Hugging Face model directory; needed while critics are asked")
        Optional<Path> path,
    @Key(doc = "auto, cpu or cuda:N", defaults = "auto") String device,
    @Key(
            doc = "Prompt template",
            defaults = "capo",
            extension = PromptTemplate.class,
            orPrefix = "file:")
        String template,
    @Key(doc = "How the critic's messages become a prompt", defaults = "auto")
        PromptFormat promptFormat,
    @Key(doc = "Variables of the critic's chat template") List<String> templateVariables,
    @Key(
            doc = "How a response is divided into steps",
            defaults = "blank_line",
            extension = StepSplitter.class)
        String splitter,
    @Key(doc = "Critiques of each rollout, k", defaults = "4", range = "[1, )") int times,
    @SharedKeys(
            own = {
              @SharedKeys.Own(
                  name = "temperature",
                  key =
                      @Key(
                          doc = "Divides the critic's logits; 0 is greedy",
                          defaults = "0.7",
                          range = "[0, )")),
              @SharedKeys.Own(
                  name = "max_new_tokens",
                  key =
                      @Key(doc = "Tokens a critique may have", defaults = "2048", range = "[1, )"))
            })
        SamplingKeys sampling,
    @Key(doc = "Rollouts critiqued in one generation batch", defaults = "16", range = "[1, )")
        int batchRollouts,
    @Key(
            doc =
                "Share of an iteration's critiques above which void ones stop the run, before its"
                    + " policy is committed",
            defaults = "0.9",
            range = "[0, 1]",
            kind = KeyKind.EXECUTION)
        double maxVoidShare) {
  public CritiqueSection {
    Checks.device(device);
    Checks.prompts(promptFormat, templateVariables);
  }

  /** As the models take them. */
  public PromptSettings prompts() {
    return new PromptSettings(promptFormat, templateVariables);
  }
}

package io.capoflow.settings.recipe;

import io.capoflow.models.chat.PromptFormat;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.critic.CritiquePrompt;
import io.capoflow.models.critic.PromptTemplate;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.schemas.JsonObject;
import io.capoflow.settings.binding.GoneKeys;
import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;
import io.capoflow.settings.binding.SharedKeys;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Critiquing the steps of every rollout. */
@GoneKeys(
    @GoneKeys.Gone(
        name = "batch_rollouts",
        instead =
            "write critique.max_rows, which counts critiques: batch_rollouts times critique.times"))
public record CritiqueSection(
    @Key(doc = "Whether critics are asked at all", defaults = "true") boolean enabled,
    @Key(
            doc =
                "Kind of critic: local is a language model in this process; one behind a server is"
                    + " named by endpoint",
            defaults = "local",
            choices = {"local"})
        String critic,
    @Key(doc = "Critic in this process, a Hugging Face model directory; needed without endpoint")
        Optional<Path> path,
    @Key(doc = "auto, cpu or cuda:N", defaults = "auto") String device,
    @Key(
            doc = "Prompt template",
            defaults = "capo",
            extension = PromptTemplate.class,
            orPrefix = "file:")
        String template,
    @Key(doc = "What the system says before a critic's question, in place of the template's own")
        Optional<String> system,
    @Key(
            doc =
                "Questions with their critiques that are shown first: a file of JSON lines, see"
                    + " docs/critics.md")
        Optional<Path> examples,
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
    @Key(
            doc = "Critiques decoded at a time; as they end, waiting ones take their places",
            defaults = "64",
            range = "[1, )")
        int maxRows,
    @Key(
            doc =
                "Share of an iteration's, or a dataset's, critiques above which void ones stop the"
                    + " run, before its policy or the dataset is committed",
            defaults = "0.9",
            range = "[0, 1]",
            kind = KeyKind.EXECUTION)
        double maxVoidShare,
    @SharedKeys ServerKeys server) {
  public CritiqueSection {
    Checks.device(device);
    Checks.prompts(promptFormat, templateVariables);
    if (server.used()) {
      requireDefault("path", path.isEmpty(), "null");
      requireDefault("device", device.equals("auto"), "auto");
      requireDefault("prompt_format", promptFormat == PromptFormat.AUTO, "auto");
      requireDefault("template_variables", templateVariables.isEmpty(), "[]");
      requireDefault("max_rows", maxRows == 64, "64");
    } else {
      requireLocal("model", server.model().isEmpty());
      requireLocal("extra_body", server.extraBody().equals(JsonObject.EMPTY));
      requireLocal("logprobs", !server.logprobs());
    }
  }

  private static void requireDefault(String key, boolean isDefault, String value) {
    if (!isDefault) {
      throw new InvalidSetting(
          key,
          "is for a critic in this process, and critique.endpoint names one behind a server; leave"
              + " it out, or set it to "
              + value);
    }
  }

  private static void requireLocal(String key, boolean isDefault) {
    if (!isDefault) {
      throw new InvalidSetting(
          key, "is for a critic behind a server; name one with critique.endpoint, or leave it out");
    }
  }

  /**
   * What critics are asked, read now from the files that say it.
   *
   * @throws io.capoflow.schemas.UserMistake when one cannot be used
   */
  public CritiquePrompt asked() {
    return CritiquePrompt.of(template, splitter, system.orElse(""), examples);
  }

  /** As the models take them. */
  public PromptSettings prompts() {
    return new PromptSettings(promptFormat, templateVariables);
  }
}

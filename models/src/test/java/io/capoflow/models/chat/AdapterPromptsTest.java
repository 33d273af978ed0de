package io.capoflow.models.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.decoder.AdapterMerge;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.policy.PolicySpec;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chat templates of adapters and their bases, and the form that they give prompts. */
final class AdapterPromptsTest {
  private static final List<Message> QUESTION = List.of(new Message("user", "w3"));

  @TempDir private Path directory;
  private Path base;
  private Path adapter;

  @BeforeEach
  void write() throws IOException {
    base = TinyModels.write(directory.resolve("base"), TinyModels.config(), 1, "F32");
    Files.writeString(base.resolve("chat_template.jinja"), "base {{ messages[0].content }}");
    adapter = directory.resolve("adapter");
    try (CausalLm model =
        ModelLoader.load(
            Loading.forTraining(base, "cpu")
                .withAdapter(LoraSettings.of(2, 4, List.of(LoraTarget.Q_PROJ)), 3))) {
      model.save(adapter);
    }
  }

  @Test
  void anAdapterIsAskedInTheTemplateOfItsBase() {
    assertThat(text(adapter)).isEqualTo("base w3");
    assertThat(form(adapter)).isEqualTo(form(base));
  }

  @Test
  void aTemplateInTheAdaptersConfigurationGoesBeforeAFileOfItsBase() throws IOException {
    Files.writeString(
        adapter.resolve("tokenizer_config.json"),
        "{\"chat_template\": \"own {{ messages[0].content }}\"}");
    assertThat(text(adapter)).isEqualTo("own w3");
    assertThat(form(base).differencesTo(form(adapter)))
        .containsExactly("the chat template differs");
    Path merged = merge();
    assertThat(merged.resolve("chat_template.jinja")).doesNotExist();
    assertThat(text(merged)).isEqualTo("own w3");
  }

  @Test
  void aConfigurationOfTheAdaptersWithoutATemplateLeavesThatOfTheBase() throws IOException {
    Files.delete(base.resolve("chat_template.jinja"));
    Files.writeString(
        base.resolve("tokenizer_config.json"),
        "{\"chat_template\": \"configured {{ messages[0].content }}\"}");
    Files.writeString(adapter.resolve("tokenizer_config.json"), "{\"add_bos_token\": false}");
    assertThat(text(adapter)).isEqualTo("configured w3");
    Path merged = merge();
    assertThat(merged.resolve("tokenizer_config.json")).hasContent("{\"add_bos_token\": false}");
    assertThat(text(merged)).isEqualTo("configured w3");
  }

  @Test
  void aMergedCheckpointHasTheTemplateThatTheAdapterIsAskedIn() throws IOException {
    Files.writeString(adapter.resolve("chat_template.jinja"), "file {{ messages[0].content }}");
    Path merged = merge();
    assertThat(text(merged)).isEqualTo("file w3");
    assertThat(form(merged)).isEqualTo(form(adapter));
  }

  @Test
  void aPolicyWhoseFilesChangedSinceItWasNamedIsNotOpened() throws IOException {
    PolicySpec spec = PolicySpec.of(adapter, "v00001", "digest", "cpu");
    Files.writeString(base.resolve("chat_template.jinja"), "other {{ messages[0].content }}");
    assertThatThrownBy(spec::open)
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("policy v00001 in " + adapter)
        .hasMessageContaining("the chat template differs");
    Files.delete(base.resolve("chat_template.jinja"));
    assertThatThrownBy(spec::open)
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("the format is plain, not template; the chat template is missing");
  }

  @Test
  void everyPartOfAFormTellsTwoApart() throws IOException {
    Files.writeString(
        base.resolve("chat_template.jinja"), "{{ loud }}{{ messages[0].content }}{{ eos_token }}");
    PromptForm plain = form(base);
    assertThat(plain.digest()).hasSize(64).isEqualTo(form(adapter).digest());
    Map.of(
            "the system message was not there",
            new PromptSettings(PromptFormat.AUTO, List.of(), "w1", ""),
            "the instruction was not there",
            new PromptSettings(PromptFormat.AUTO, List.of(), "", "w1"),
            "the set of the template's variables was not there",
            new PromptSettings(PromptFormat.AUTO, List.of("loud=1")))
        .forEach(
            (difference, settings) -> {
              PromptForm other = Prompts.read(settings, base).form();
              assertThat(plain.differencesTo(other)).containsExactly(difference);
              assertThat(other.digest()).isNotEqualTo(plain.digest());
            });
    Files.writeString(base.resolve("tokenizer_config.json"), "{\"eos_token\": \"w9\"}");
    assertThat(plain.differencesTo(form(adapter)))
        .containsExactly("the set of special tokens differs");
    assertThat(Prompts.read(new PromptSettings(PromptFormat.TEMPLATE, List.of()), base).form())
        .isEqualTo(form(base));
  }

  @Test
  void systemAndInstructionStandAroundTheQuestion() {
    PromptSettings settings =
        new PromptSettings(PromptFormat.AUTO, List.of(), "be brief", "box it");
    assertThat(settings.complete(QUESTION))
        .containsExactly(new Message("system", "be brief"), new Message("user", "w3\nbox it"));
    List<Message> talk =
        List.of(
            new Message("system", "be long"),
            new Message("user", "one"),
            new Message("assistant", "two"),
            new Message("user", "three"));
    assertThat(settings.complete(talk))
        .containsExactly(
            new Message("system", "be brief"),
            new Message("user", "one"),
            new Message("assistant", "two"),
            new Message("user", "three\nbox it"));
    assertThat(PromptSettings.AUTO.complete(talk)).isEqualTo(talk);
    assertThat(settings.complete(List.of(new Message("system", "all there is"))))
        .containsExactly(
            new Message("system", "be brief"), new Message("system", "all there is\nbox it"));
    assertThat(settings.identity()).isEqualTo(";system=8:be brief;instruction=6:box it");
  }

  private Path merge() {
    Path merged = directory.resolve("merged");
    AdapterMerge.write(ModelDirectory.of(adapter), merged, Optional.empty());
    return merged;
  }

  private static PromptForm form(Path model) {
    return Prompts.read(PromptSettings.AUTO, model).form();
  }

  private static String text(Path model) {
    return ChatTemplate.read(model).orElseThrow().render(QUESTION, true, Map.of());
  }
}

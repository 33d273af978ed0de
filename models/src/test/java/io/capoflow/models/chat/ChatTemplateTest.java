package io.capoflow.models.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChatTemplateTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<Message> QUESTION = List.of(new Message("user", "q"));

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "deepseek-r1-distill, 46",
    "deepseek-v3.1, 92",
    "llama-3, 46",
    "llama-3.1, 46",
    "llama-3.2, 92",
    "mistral-7b, 46",
    "mistral-nemo, 46",
    "phi-3, 46",
    "phi-3.5, 46",
    "phi-4, 46",
    "qwen-2, 46",
    "qwen-2.5, 46",
    "qwen-3, 138",
    "qwen-3.5, 92",
    "smollm2, 46",
    "zephyr, 46"
  })
  void rendersTheTemplatesOfRealModelsAsPythonsJinjaDoes(String model, int cases)
      throws IOException {
    Files.write(directory.resolve(ChatTemplate.CONFIGURATION), resource("templates/" + model));
    ChatTemplate template = ChatTemplate.read(directory).orElseThrow();
    JsonNode conversations = JSON.readTree(resource("conversations"));
    JsonNode golden = JSON.readTree(resource("golden/" + model));

    assertThat(golden).hasSize(cases);
    for (JsonNode row : golden) {
      List<Message> messages = messages(conversations.path(row.path("conversation").asText()));
      boolean prompt = row.path("add_generation_prompt").asBoolean();
      Map<String, Object> variables =
          JSON.convertValue(row.path("variables"), new TypeReference<>() {});
      if (row.path("rendered").isNull()) {
        assertThatThrownBy(() -> template.render(messages, prompt, variables))
            .as("%s", row)
            .isInstanceOf(UserMistake.class);
      } else {
        assertThat(template.render(messages, prompt, variables))
            .as("%s", row)
            .isEqualTo(row.path("rendered").asText());
      }
    }
  }

  @Test
  void aFileOfItsOwnWinsOverTheConfiguration() throws IOException {
    write(
        ChatTemplate.CONFIGURATION, "{\"chat_template\": \"configured\", \"bos_token\": \"<b>\"}");
    assertThat(rendered()).isEqualTo("configured");
    write(ChatTemplate.FILE, "{{ bos_token }}own");
    assertThat(rendered()).isEqualTo("<b>own");
  }

  @Test
  void ofNamedTemplatesTheDefaultIsTaken() throws IOException {
    write(
        ChatTemplate.CONFIGURATION,
        """
        {"chat_template": [{"name": "tool_use", "template": "a"},
                           {"name": "default", "template": "b"}]}
        """);
    assertThat(rendered()).isEqualTo("b");
    write(
        ChatTemplate.CONFIGURATION,
        "{\"chat_template\": [{\"name\": \"rag\", \"template\": \"a\"}]}");
    assertThatThrownBy(this::rendered)
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(directory.resolve(ChatTemplate.CONFIGURATION).toString())
        .hasMessageContaining("default");
  }

  @Test
  void aCheckpointWithoutATemplateHasNone() throws IOException {
    assertThat(ChatTemplate.read(directory)).isEmpty();
    write(ChatTemplate.CONFIGURATION, "{\"bos_token\": \"<b>\", \"chat_template\": null}");
    assertThat(ChatTemplate.read(directory)).isEmpty();
  }

  @Test
  void specialTokensAreStringsOrObjectsOrUndefined() throws IOException {
    write(
        ChatTemplate.FILE,
        "{{ bos_token }}|{{ eos_token }}|{{ pad_token is defined }}|"
            + "{{ additional_special_tokens|join(' ') }}");
    write(
        ChatTemplate.CONFIGURATION,
        """
        {"added_tokens_decoder": {}, "bos_token": {"content": "<b>", "special": true},
         "eos_token": "<e>", "pad_token": null,
         "additional_special_tokens": ["<x>", {"content": "<y>"}]}
        """);
    assertThat(rendered()).isEqualTo("<b>|<e>|False|<x> <y>");
  }

  @Test
  void theMapOfTokensWinsInOlderCheckpointsAlone() throws IOException {
    write(ChatTemplate.FILE, "{{ bos_token }}{{ eos_token }}");
    write(ChatTemplate.TOKENS, "{\"bos_token\": \"<map>\", \"eos_token\": \"<e>\"}");
    write(ChatTemplate.CONFIGURATION, "{\"bos_token\": \"<configuration>\"}");
    assertThat(rendered()).isEqualTo("<map><e>");
    write(
        ChatTemplate.CONFIGURATION,
        "{\"bos_token\": \"<configuration>\", \"added_tokens_decoder\": {}}");
    assertThat(rendered()).isEqualTo("<configuration><e>");
  }

  @Test
  void aTemplateThatNeedsMoreIsRefusedWithItsFileAndLineWhenItIsRead() throws IOException {
    write(ChatTemplate.FILE, "{% if tools %}\n{% include 'tools' %}\n{% endif %}");
    assertThatThrownBy(() -> ChatTemplate.read(directory))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(directory.resolve(ChatTemplate.FILE) + ", line 2: the tag include");
    Files.delete(directory.resolve(ChatTemplate.FILE));
    write(ChatTemplate.CONFIGURATION, "{\"chat_template\": \"a\\n{{ b|urlize }}\"}");
    assertThatThrownBy(() -> ChatTemplate.read(directory))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("tokenizer_config.json (chat_template), line 2: the filter urlize");
  }

  @Test
  void brokenFilesAreTheUsersMistake() throws IOException {
    write(ChatTemplate.CONFIGURATION, "{ no");
    assertThatThrownBy(this::rendered)
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(ChatTemplate.CONFIGURATION);
    write(ChatTemplate.CONFIGURATION, "{}");
    Files.write(directory.resolve(ChatTemplate.FILE), new byte[] {'a', (byte) 0xFF});
    assertThatThrownBy(this::rendered)
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(ChatTemplate.FILE)
        .hasMessageContaining("UTF-8");
  }

  private String rendered() {
    return ChatTemplate.read(directory).orElseThrow().render(QUESTION, true, Map.of());
  }

  private void write(String name, String content) throws IOException {
    Files.writeString(directory.resolve(name), content);
  }

  static List<Message> messages(JsonNode conversation) {
    List<Message> messages = new ArrayList<>();
    for (JsonNode message : conversation) {
      messages.add(new Message(message.path("role").asText(), message.path("content").asText()));
    }
    return messages;
  }

  static byte[] resource(String name) throws IOException {
    try (InputStream stream =
        ChatTemplateTest.class.getResourceAsStream("/io/capoflow/models/chat/" + name + ".json")) {
      return stream.readAllBytes();
    }
  }
}

package io.capoflow.models.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which token opens a plain prompt, by what a checkpoint's files say. */
class OpeningTest {
  private static final int BEGIN = 256;
  private static final int END = 257;

  /** What {@code config.json} calls the beginning of a sequence. */
  private static final int MODELS_OWN = END;

  private static final String BYTE_LEVEL =
      """
      {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false}
      """;

  private static final String TEMPLATE =
      """
      {"type": "TemplateProcessing",
       "single": [%s{"Sequence": {"id": "A", "type_id": 0}}%s],
       "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
       "special_tokens": {
         "<begin>": {"id": "<begin>", "ids": [256], "tokens": ["<begin>"]},
         "<end>": {"id": "<end>", "ids": [257], "tokens": ["<end>"]}}}
      """;

  private static final String BEGIN_PIECE =
      "{\"SpecialToken\": {\"id\": \"<begin>\", \"type_id\": 0}}";
  private static final String END_PIECE = "{\"SpecialToken\": {\"id\": \"<end>\", \"type_id\": 0}}";

  @TempDir Path directory;

  @Test
  void theTemplateOfLlamasTokenizerWritesOne() throws IOException {
    // Llama 3: no word of add_bos_token, and a sequence of processors.
    assertOpens(
        "{\"type\": \"Sequence\", \"processors\": [%s, %s]}"
            .formatted(BYTE_LEVEL, TEMPLATE.formatted(BEGIN_PIECE + ", ", "")),
        "{\"bos_token\": \"<begin>\", \"tokenizer_class\": \"PreTrainedTokenizerFast\"}",
        OptionalInt.of(BEGIN));
    // Llama 2: both say so.
    assertOpens(
        TEMPLATE.formatted(BEGIN_PIECE + ", ", ""),
        "{\"add_bos_token\": true, \"add_eos_token\": false, \"bos_token\": {\"content\": \"<begin>\"}}",
        OptionalInt.of(BEGIN));
  }

  @Test
  void qwensTokenizerWritesNoneThoughItsModelNamesOne() throws IOException {
    assertOpens(BYTE_LEVEL, "{\"add_bos_token\": false, \"bos_token\": null}", OptionalInt.empty());
    // Older ones name no such token, and do not say whether they write one.
    assertOpens(BYTE_LEVEL, "{\"bos_token\": null}", OptionalInt.empty());
    assertOpens("null", "{\"bos_token\": null}", OptionalInt.empty());
  }

  @Test
  void onlyWhereNeitherFileSaysTheModelDecides() throws IOException {
    assertOpens("null", null, OptionalInt.of(MODELS_OWN));
    // The first Llama 3's processors wrote nothing, by mistake.
    assertOpens(BYTE_LEVEL, "{\"bos_token\": \"<begin>\"}", OptionalInt.of(MODELS_OWN));
    assertOpens(
        "null", "{\"add_bos_token\": null, \"bos_token\": \"x\"}", OptionalInt.of(MODELS_OWN));
  }

  @Test
  void theConfigurationsWordCountsBeforeTheProcessors() throws IOException {
    String writes = TEMPLATE.formatted(BEGIN_PIECE + ", ", "");
    assertOpens(
        writes, "{\"add_bos_token\": false, \"bos_token\": \"<begin>\"}", OptionalInt.empty());
    assertOpens(
        BYTE_LEVEL, "{\"add_bos_token\": true, \"bos_token\": \"<begin>\"}", OptionalInt.of(BEGIN));
    // It says that there is one, and leaves to others which.
    assertOpens(writes, "{\"add_bos_token\": true}", OptionalInt.of(BEGIN));
    assertOpens(BYTE_LEVEL, "{\"add_bos_token\": true}", OptionalInt.of(MODELS_OWN));
  }

  @Test
  void aTokenAtTheEndOpensNothing() throws IOException {
    assertOpens(TEMPLATE.formatted("", ", " + END_PIECE), null, OptionalInt.empty());
    assertOpens(
        TEMPLATE.formatted(BEGIN_PIECE + ", ", ", " + END_PIECE), null, OptionalInt.of(BEGIN));
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void whereTheModelNamesNoneTheFilesStillDecide(boolean wanted) throws IOException {
    write("null", "{\"add_bos_token\": %s, \"bos_token\": \"<begin>\"}".formatted(wanted));
    assertThat(prompt(OptionalInt.empty()))
        .containsExactly(wanted ? new int[] {BEGIN, 'a'} : new int[] {'a'});
  }

  @Test
  void aConfigurationThatIsNoJsonIsTheUsersMistake() throws IOException {
    write("null", "{ no");
    assertThatThrownBy(() -> HfTokenizer.load(directory))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(directory.resolve("tokenizer_config.json").toString())
        .message()
        .hasLineCount(1);
  }

  private void assertOpens(String processor, String configuration, OptionalInt expected)
      throws IOException {
    write(processor, configuration);
    assertThat(prompt(OptionalInt.of(MODELS_OWN)))
        .containsExactly(
            expected.isPresent() ? new int[] {expected.getAsInt(), 'a'} : new int[] {'a'});
  }

  private int[] prompt(OptionalInt ofModel) {
    try (HfTokenizer tokenizer = HfTokenizer.load(directory)) {
      // Never of its own accord, whatever its files say.
      assertThat(tokenizer.encode("a")).containsExactly('a');
      return tokenizer.encodePrompt(List.of(new Message("user", "a")), ofModel);
    }
  }

  private void write(String processor, String configuration) throws IOException {
    ObjectNode tokenizer = ByteTokenizer.json("<begin>", "<end>");
    tokenizer.set("post_processor", new ObjectMapper().readTree(processor));
    ByteTokenizer.write(directory, tokenizer);
    Path file = directory.resolve("tokenizer_config.json");
    Files.deleteIfExists(file);
    if (configuration != null) {
      Files.writeString(file, configuration, UTF_8);
    }
  }
}

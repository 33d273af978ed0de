package io.capoflow.models.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpecialTokensTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "<|end|>",
        "a<|end|>b<|end|>",
        "<|end|><|start|><|end|>",
        "<|end<|end|>|>",
        "<|e<|end|>nd|>",
        "<|end|><|end|",
        "<|end_of|>",
        "end|>end|",
        "<<|end|>>",
        "\uD83D\uDE00<|end|>\uD83D\uDE00",
        "aab",
        "aaab aabab",
      })
  void whatUntrustedTextSpellsStaysText(String untrusted, @TempDir Path directory) {
    try (HfTokenizer tokenizer = byteTokenizer(directory)) {
      // Control tokens of the trusted part around it stay what they are.
      String text = "<|start|>" + tokenizer.disarm(untrusted) + "<|end|>";
      assertThat(tokenizer.encodeDisarmed(text))
          .containsExactly(
              IntStream.concat(
                      IntStream.concat(IntStream.of(256), bytes(untrusted)), IntStream.of(257))
                  .toArray());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "plain", "a < b |> c", "<|en", "nd|>", "a b", "é 数学 \uD83D\uDE00"})
  void textThatSpellsNoSpecialTokenIsLeftAsItIs(String benign, @TempDir Path directory) {
    try (HfTokenizer tokenizer = byteTokenizer(directory)) {
      assertThat(tokenizer.disarm(benign)).isEqualTo(benign);
      assertThat(tokenizer.encodeDisarmed("<|start|>" + benign + "<|end|>"))
          .containsExactly(tokenizer.encode("<|start|>" + benign + "<|end|>"));
    }
  }

  @Test
  void aSpecialTokenOfOneCharacterAndHalfASurrogatePairBecomeReplacementCharacters(
      @TempDir Path directory) {
    ByteTokenizer.write(directory, "^", "\uD83D\uDE00");
    try (HfTokenizer tokenizer = HfTokenizer.load(directory)) {
      assertThat(tokenizer.disarm("a^b\uD83D\uDE00c\uDC00d\uD83D"))
          .isEqualTo("a\uFFFDb\uFFFDc\uFFFDd\uFFFD");
    }
  }

  @Test
  void textThatNormalisingMakesASpecialTokenStaysText(@TempDir Path directory) {
    ObjectNode json = ByteTokenizer.json("<|start|>", "<end>");
    json.putObject("normalizer").put("type", "Lowercase");
    ((ObjectNode) json.path("added_tokens").path(1)).put("normalized", true);
    ByteTokenizer.write(directory, json);
    try (HfTokenizer tokenizer = HfTokenizer.load(directory)) {
      assertThat(tokenizer.encode("<END>")).as("the trap").containsExactly(257);
      String text = "<|start|>a" + tokenizer.disarm("<END> <end>") + "b<|start|>";
      int[] ids = tokenizer.encodeDisarmed(text);
      assertThat(ids).startsWith(256, 'a').endsWith('b', 256).doesNotContain(257);
      assertThat(tokenizer.decode(ids)).isEqualTo("a<end> <end>b");
    }
  }

  @Test
  void anUnknownWordIsNoSpecialToken(@TempDir Path directory) {
    ObjectNode json = ByteTokenizer.json("<unk>");
    json.putObject("pre_tokenizer").put("type", "WhitespaceSplit");
    ObjectNode model = json.putObject("model").put("type", "WordLevel").put("unk_token", "<unk>");
    model.putObject("vocab").put("a", 0).put("<unk>", 256);
    ByteTokenizer.write(directory, json);
    try (HfTokenizer tokenizer = HfTokenizer.load(directory)) {
      assertThat(tokenizer.encodeDisarmed(tokenizer.disarm("a b a"))).containsExactly(0, 256, 0);
    }
  }

  private static HfTokenizer byteTokenizer(Path directory) {
    // Some begin with others, overlap or hold one another.
    ByteTokenizer.write(directory, "<|start|>", "<|end|>", "<|end_of|>", "end|", "aab", "ab");
    return HfTokenizer.load(directory);
  }

  private static IntStream bytes(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    return IntStream.range(0, utf8.length).map(i -> utf8[i] & 0xFF);
  }
}

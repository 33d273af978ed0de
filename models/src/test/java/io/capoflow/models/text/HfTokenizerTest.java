package io.capoflow.models.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Message;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HfTokenizerTest {
  private static final int BOS = 256;
  private static final int EOS = 257;
  private static HfTokenizer tokenizer;

  @TempDir static Path directory;

  @BeforeAll
  static void loadByteLevelTokenizer() throws IOException {
    ByteTokenizer.write(directory, "<bos>", "<eos>");
    tokenizer = HfTokenizer.load(directory);
  }

  @AfterAll
  static void closeTokenizer() {
    tokenizer.close();
  }

  @Test
  void encodesBytesWithoutSpecialTokensAndDecodesThemBack() {
    assertThat(tokenizer.encode("a é")).containsExactly(97, 32, 0xC3, 0xA9);
    assertThat(tokenizer.decode(new int[] {97, 32, 0xC3, 0xA9, EOS})).isEqualTo("a é");
  }

  @Test
  void neverTruncatesLongTexts() {
    assertThat(tokenizer.encode("x".repeat(20_000))).hasSize(20_000);
  }

  @Test
  void vocabularySizeCountsAddedTokens() {
    assertThat(tokenizer.vocabularySize()).isEqualTo(258);
  }

  @Test
  void aStreamGivesTheTextPieceByPieceAndHoldsUnfinishedCharactersBack() {
    TextStream stream = tokenizer.stream();
    StringBuilder text = new StringBuilder();
    List<String> seen = new ArrayList<>();
    for (int id : new int[] {97, 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80, 98, EOS}) {
      stream.append(id);
      seen.add(text + stream.added());
      if (stream.finished()) {
        text.append(stream.added());
      }
    }
    assertThat(seen).containsExactly("a", "a", "aé", "aé", "aé", "aé", "aé😀", "aé😀b", "aé😀b");
  }

  @Test
  void tokensOfAnUnfinishedCharacterEndWhereTheFinishedTextEnds() {
    // a, é in two bytes, an emoji (one code point, two UTF-16 units) in four, b, end of sequence
    int[] ids = {97, 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80, 98, EOS};
    assertThat(tokenizer.decode(ids)).isEqualTo("aé😀b");
    assertThat(tokenizer.tokenEnds(ids)).containsExactly(1, 1, 2, 2, 2, 2, 3, 4, 4);
  }

  @Test
  void aCharacterThatTheLengthLimitCutEndsWithTheText() {
    int[] ids = {97, 0xF0, 0x9F};
    String text = tokenizer.decode(ids);
    assertThat(text).startsWith("a").endsWith("\uFFFD");
    assertThat(tokenizer.tokenEnds(ids))
        .containsExactly(1, 1, text.codePointCount(0, text.length()));
  }

  @Test
  void bytesThatFormNoCharacterEndBeforeTheNextCharacter() {
    int[] ids = {0xFF, 98, 0xC3, 99};
    String text = tokenizer.decode(ids);
    assertThat(text).isEqualTo("\uFFFDb\uFFFDc");
    assertThat(tokenizer.tokenEnds(ids)).containsExactly(0, 2, 2, 4);
  }

  @Test
  void endsAgreeWithDecodingEveryPrefix() {
    int[] ids = tokenizer.encode("1. 7+6=13\n\nnaïve ✓ 数学 😀😀 end");
    int[] ends = tokenizer.tokenEnds(ids);
    for (int i = 0; i < ids.length; i++) {
      String prefix = tokenizer.decode(IntStream.rangeClosed(0, i).map(j -> ids[j]).toArray());
      String finished = prefix.replaceAll("\uFFFD+$", "");
      assertThat(ends[i])
          .as("token %d", i)
          .isEqualTo(finished.codePointCount(0, finished.length()));
    }
  }

  @Test
  void anEmptyResponseHasNoEndsAndALoneEndOfSequenceEndsAtZero() {
    assertThat(tokenizer.tokenEnds(new int[0])).isEmpty();
    assertThat(tokenizer.tokenEnds(new int[] {EOS})).containsExactly(0);
  }

  @Test
  void aPromptIsTheBeginningTokenAndTheContentsJoined() {
    List<Message> messages = List.of(new Message("system", "ab"), new Message("user", "c"));
    assertThat(tokenizer.encodePrompt(messages, OptionalInt.of(BOS)))
        .containsExactly(BOS, 97, 98, 10, 10, 99);
    assertThat(tokenizer.encodePrompt(messages, OptionalInt.empty()))
        .containsExactly(97, 98, 10, 10, 99);
  }

  @Test
  void specialTokensThatAPlainPromptSpellsStayText() {
    List<Message> messages = List.of(new Message("user", "a<eos>b"), new Message("user", "<bos>"));
    int[] ids = tokenizer.encodePrompt(messages, OptionalInt.of(BOS));
    assertThat(ids).startsWith(BOS).doesNotContain(EOS);
    assertThat(Arrays.stream(ids).skip(1)).doesNotContain(BOS);
    assertThat(tokenizer.decode(ids)).isEqualTo("a<eos>b\n\n<bos>");
  }

  @Test
  void aMissingOrBrokenFileIsTheUsersMistake(@TempDir Path empty) throws IOException {
    assertThatThrownBy(() -> HfTokenizer.load(empty))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(empty.resolve("tokenizer.json").toString());
    Files.writeString(empty.resolve("tokenizer.json"), "{ no");
    assertThatThrownBy(() -> HfTokenizer.load(empty)).isInstanceOf(UserMistake.class);
    Files.writeString(empty.resolve("tokenizer.json"), "{\"model\": 3}");
    assertThatThrownBy(() -> HfTokenizer.load(empty)).isInstanceOf(UserMistake.class);
  }
}

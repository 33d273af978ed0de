package io.capoflow.transforms.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.schemas.FinishReason;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class AnswerLinePropertiesTest {
  @Property(tries = 300)
  void aLineIsReadAsItWasWritten(
      @ForAll String text,
      @ForAll Optional<String> reasoning,
      @ForAll FinishReason finish,
      @ForAll List<Float> logprobs,
      @ForAll @IntRange(min = 0, max = 65_535) int index,
      @ForAll @IntRange int tokens) {
    KeptAnswer kept =
        new KeptAnswer(
            "0123456789abcdef".repeat(4),
            index,
            1_764_432_000_000_000L + tokens,
            KeptAnswer.storable(Answers.request(text).canonical()),
            KeptAnswer.storable(
                new ChatAnswer(
                    text,
                    reasoning,
                    finish,
                    new TokenCounts(tokens, 0, tokens, 1),
                    logprobs,
                    "critic",
                    text,
                    tokens)));
    byte[] line = AnswerLine.encode(kept);

    assertThat(line[line.length - 1]).isEqualTo((byte) '\n');
    byte[] withoutBreak = Arrays.copyOf(line, line.length - 1);
    assertThat(withoutBreak).doesNotContain('\n');
    assertThat(AnswerLine.decode(withoutBreak)).contains(kept);
    assertThat(AnswerLine.header(withoutBreak))
        .contains(
            new AnswerLine.Header(0x0123456789abcdefL, index, 1_764_432_000_000_000L + tokens));
    assertThat(KeptAnswer.of(kept.row())).isEqualTo(kept);
  }

  @Property(tries = 300)
  void aLineWithOneOtherBitIsNoAnswer(
      @ForAll @IntRange(min = 0, max = 10_000) int at,
      @ForAll @IntRange(min = 0, max = 7) int bit) {
    byte[] line =
        AnswerLine.encode(
            new KeptAnswer("00".repeat(32), 0, 1, "{\"model\":\"m\"}", Answers.answer("text")));
    byte[] damaged = Arrays.copyOf(line, line.length - 1);
    damaged[at % damaged.length] ^= (byte) (1 << bit);

    assertThat(AnswerLine.decode(damaged)).isEmpty();
  }
}

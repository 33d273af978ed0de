package io.capoflow.pipelines.sft;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.chat.Prompts;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.worlds.lessons.Lesson;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Writes lessons as the tokens that a model learns. Thread-safe while its model is open. */
final class LessonEncoder {
  private final Prompts prompts;
  private final HfTokenizer tokenizer;
  private final DecoderConfig config;

  LessonEncoder(Prompts prompts, CausalLm model) {
    this.prompts = requireNonNull(prompts, "prompts");
    this.tokenizer = model.tokenizer();
    this.config = model.config();
  }

  /** Prompt, completion and end of sequence. Not to be changed by whoever is given it. */
  static final class Encoded {
    private final int[] tokens;
    private final int promptLength;

    private Encoded(int[] tokens, int promptLength) {
      this.tokens = tokens;
      this.promptLength = promptLength;
    }

    int[] tokens() {
      return tokens;
    }

    /** How many of the tokens are prompt, which is not learned. */
    int promptLength() {
      return promptLength;
    }
  }

  /**
   * The tokens of a lesson; a special token that its texts spell stays text.
   *
   * @throws io.capoflow.schemas.UserMistake when the model's chat template refuses the prompt
   */
  Encoded encode(Lesson lesson) {
    int[] prompt = prompts.encode(lesson.prompt(), tokenizer, config.bosTokenId());
    int[] completion = tokenizer.encodeDisarmed(tokenizer.disarm(lesson.completion()));
    int[] end = config.eosTokenIds().stream().limit(1).mapToInt(Integer::intValue).toArray();
    return new Encoded(
        Stream.of(prompt, completion, end).flatMapToInt(IntStream::of).toArray(), prompt.length);
  }

  /** The longest sequence that the model reads, in tokens. */
  int positions() {
    return config.maxPositions();
  }
}

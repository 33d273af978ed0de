package io.capoflow.models.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * Whether a tokenizer opens a text with a beginning-of-sequence token, and with which, as its files
 * say. First counts {@code add_bos_token} of {@code tokenizer_config.json}; then what the {@code
 * post_processor} of {@code tokenizer.json} writes, if it writes special tokens at all; then a
 * {@code bos_token} of {@code tokenizer_config.json} that is {@code null}: there is none.
 *
 * @param said what they say
 * @param bosId the token, where they say that one opens a text and name it
 */
record Opening(Said said, OptionalInt bosId) {
  /** Whether a token opens a text. */
  enum Said {
    YES,
    NO,
    NOTHING
  }

  private static final Opening NONE = new Opening(Said.NO, OptionalInt.empty());

  /** A text of which any tokenizer makes a token. */
  private static final String PROBE = "a";

  /** What a model's files say. */
  static Opening read(
      TokenizerConfig configuration, HuggingFaceTokenizer tokenizer, SpecialTokens specialTokens) {
    Opening written = written(tokenizer);
    JsonNode wanted = configuration.field("add_bos_token");
    if (wanted.isBoolean()) {
      OptionalInt named =
          configuration.token("bos_token").map(specialTokens::id).orElse(OptionalInt.empty());
      return wanted.booleanValue()
          ? new Opening(Said.YES, named.isPresent() ? named : written.bosId())
          : NONE;
    }
    boolean none = configuration.field("bos_token").isNull();
    return written.said() == Said.NOTHING && none ? NONE : written;
  }

  /**
   * The token that opens a text.
   *
   * @param fallback the model's own, where the files do not say whether or which
   */
  OptionalInt token(OptionalInt fallback) {
    return switch (said) {
      case YES -> bosId.isPresent() ? bosId : fallback;
      case NO -> OptionalInt.empty();
      case NOTHING -> fallback;
    };
  }

  /** What the library writes around a text when it is asked for special tokens. */
  private static Opening written(HuggingFaceTokenizer tokenizer) {
    Encoding encoding = tokenizer.encode(PROBE, true, false);
    long[] special = encoding.getSpecialTokenMask();
    if (Arrays.stream(special).allMatch(mark -> mark == 0)) {
      return new Opening(Said.NOTHING, OptionalInt.empty());
    }
    return special[0] == 1
        ? new Opening(Said.YES, OptionalInt.of(Math.toIntExact(encoding.getIds()[0])))
        : NONE;
  }
}

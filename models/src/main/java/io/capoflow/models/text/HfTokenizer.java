package io.capoflow.models.text;

import static java.util.Objects.requireNonNull;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.checkpoint.LocalCopies;
import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A Hugging Face {@code tokenizer.json}, run by Hugging Face's own library. Adds no special tokens
 * of its own accord and truncates nothing. Thread-safe until closed.
 */
public final class HfTokenizer implements AutoCloseable {
  /** The file's name in a checkpoint directory. */
  public static final String FILE = ModelDirectory.TOKENIZER;

  /** Between the messages of a plain prompt. */
  private static final String MESSAGE_SEPARATOR = "\n\n";

  /** Stands for the bytes of an unfinished character. */
  static final char REPLACEMENT = '\uFFFD';

  private final HuggingFaceTokenizer tokenizer;
  private final int vocabularySize;
  private final SpecialTokens specialTokens;
  private final Opening opening;

  private HfTokenizer(
      HuggingFaceTokenizer tokenizer,
      int vocabularySize,
      SpecialTokens specialTokens,
      Opening opening) {
    this.tokenizer = tokenizer;
    this.vocabularySize = vocabularySize;
    this.specialTokens = specialTokens;
    this.opening = opening;
  }

  /**
   * Loads {@value #FILE} of a model's directory, and what {@code tokenizer_config.json} says of how
   * a text opens; what an adapter's directory lacks comes from its base.
   *
   * @throws UserMistake when {@value #FILE} is missing or the library refuses it, or one of the
   *     files is not JSON
   */
  public static HfTokenizer load(Path directory) {
    return load(ModelDirectory.of(directory));
  }

  /** The same where the model's files are found already. */
  public static HfTokenizer load(ModelDirectory files) {
    Path file = files.tokenizer();
    if (!Files.isRegularFile(file)) {
      throw new UserMistake(file + ": no such tokenizer; a checkpoint directory holds " + FILE);
    }
    try {
      JsonNode content = Json.LENIENT.readTree(Files.readAllBytes(file));
      HuggingFaceTokenizer tokenizer =
          HuggingFaceTokenizer.builder()
              .optTokenizerPath(LocalCopies.of(file))
              .optAddSpecialTokens(false)
              .optTruncation(false)
              .optPadding(false)
              .build();
      SpecialTokens specialTokens = SpecialTokens.of(content);
      return new HfTokenizer(
          tokenizer,
          vocabularySize(content),
          specialTokens,
          Opening.read(TokenizerConfig.read(files), tokenizer, specialTokens));
    } catch (JsonProcessingException e) {
      throw new UserMistake(
          file + ": not JSON (" + e.getOriginalMessage() + "); fetch it again", e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + file, e);
    } catch (UserMistake e) {
      throw e;
    } catch (RuntimeException e) {
      throw new UserMistake(
          file + ": not a tokenizer that can be read (" + e.getMessage() + "); fetch it again", e);
    }
  }

  /**
   * Token ids of a text; none are added around it. A special token spelled out in the text becomes
   * that token, which the library does not let one turn off: for untrusted text see {@link
   * #disarm}.
   */
  public int[] encode(String text) {
    return Arrays.stream(tokenizer.encode(requireNonNull(text, "text"), false, false).getIds())
        .mapToInt(Math::toIntExact)
        .toArray();
  }

  /**
   * Breaks the special tokens that an untrusted text spells, with a mark that {@link
   * #encodeDisarmed} takes out again. A text that spells none comes back as it is.
   */
  public String disarm(String untrusted) {
    return specialTokens.disarm(requireNonNull(untrusted, "untrusted"));
  }

  /**
   * Token ids of a text whose untrusted parts went through {@link #disarm}: those parts become no
   * special token. Where nothing had to be broken, the ids are those of {@link #encode}.
   */
  public int[] encodeDisarmed(String text) {
    return specialTokens.encode(requireNonNull(text, "text"), this::encode);
  }

  /** Id of a special token. */
  public OptionalInt specialTokenId(String content) {
    return specialTokens.id(requireNonNull(content, "content"));
  }

  /** Text of token ids with their special tokens spelled out: how a prompt looks to a model. */
  public String decodeAll(int[] ids) {
    return ids.length == 0
        ? ""
        : tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), false);
  }

  /** Text of token ids, special tokens left out. Unfinished characters become U+FFFD. */
  public String decode(int[] ids) {
    return decode(ids, 0, ids.length);
  }

  /** For the text of a response while it is written. */
  public TextStream stream() {
    return new TextStream(this);
  }

  /** One more than the highest token id. */
  public int vocabularySize() {
    return vocabularySize;
  }

  /**
   * For each response token where its text ends in {@code decode(responseTokenIds)}, in code
   * points. A token that leaves a character unfinished ends where the finished text ends; special
   * tokens end where the text before them ends. Not decreasing; the last is the text's length.
   */
  public int[] tokenEnds(int[] responseTokenIds) {
    String text = decode(responseTokenIds);
    int length = text.codePointCount(0, text.length());
    int[] ends = windowedEnds(responseTokenIds);
    if (ends.length > 0 && ends[ends.length - 1] != finishedLength(text)) {
      // A decoder whose pieces depend on far context: exact, at quadratic cost.
      ends =
          IntStream.rangeClosed(1, responseTokenIds.length)
              .map(count -> finishedLength(decode(responseTokenIds, 0, count)))
              .toArray();
    }
    for (int i = 0; i < ends.length; i++) {
      ends[i] = Math.min(length, Math.max(ends[i], i == 0 ? 0 : ends[i - 1]));
    }
    if (ends.length > 0) {
      ends[ends.length - 1] = length;
    }
    return ends;
  }

  /**
   * The plain prompt: the beginning-of-sequence token, if any, and the messages' contents, joined
   * by a blank line. Special tokens that the contents spell stay text.
   *
   * @param bosId the model's; opens the prompt where the tokenizer's files leave open whether one
   *     does: many a model names one that its tokenizer never writes
   */
  public int[] encodePrompt(List<Message> messages, OptionalInt bosId) {
    int[] text =
        encodeDisarmed(
            messages.stream()
                .map(message -> disarm(message.getContent()))
                .collect(Collectors.joining(MESSAGE_SEPARATOR)));
    return IntStream.concat(opening.token(bosId).stream(), Arrays.stream(text)).toArray();
  }

  @Override
  public void close() {
    tokenizer.close();
  }

  /**
   * Ends by decoding a window that opens one finished piece before the current one, as inference
   * servers stream text: linear in the response, and right for decoders that treat a sequence's
   * first token differently, since only the very first window opens at the sequence's start.
   */
  private int[] windowedEnds(int[] ids) {
    int[] ends = new int[ids.length];
    int windowStart = 0;
    int finishedTokens = 0;
    int finishedText = 0;
    for (int i = 0; i < ids.length; i++) {
      String before = decode(ids, windowStart, finishedTokens);
      String window = decode(ids, windowStart, i + 1);
      int added = finishedLength(window) - before.codePointCount(0, before.length());
      boolean finished = window.isEmpty() || window.charAt(window.length() - 1) != REPLACEMENT;
      ends[i] = finishedText + Math.max(0, added);
      if (finished && added > 0) {
        finishedText += added;
        windowStart = finishedTokens;
        finishedTokens = i + 1;
      }
    }
    return ends;
  }

  /** Text of the tokens {@code [from, to)}. */
  String decode(int[] ids, int from, int to) {
    return from == to
        ? ""
        : tokenizer.decode(IntStream.range(from, to).mapToLong(i -> ids[i]).toArray(), true);
  }

  /** Code points of a text without the replacement characters of an unfinished character. */
  private static int finishedLength(String text) {
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == REPLACEMENT) {
      end--;
    }
    return text.codePointCount(0, end);
  }

  private static int vocabularySize(JsonNode tokenizer) {
    int highest = -1;
    JsonNode vocabulary = tokenizer.path("model").path("vocab");
    if (vocabulary.isArray()) {
      highest = vocabulary.size() - 1; // Unigram lists its pieces in the order of their ids.
    } else {
      for (JsonNode id : vocabulary) {
        highest = Math.max(highest, id.asInt());
      }
    }
    for (JsonNode added : tokenizer.path("added_tokens")) {
      highest = Math.max(highest, added.path("id").asInt());
    }
    return highest + 1;
  }
}

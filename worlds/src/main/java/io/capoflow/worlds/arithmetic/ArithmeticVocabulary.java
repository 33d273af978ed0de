package io.capoflow.worlds.arithmetic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The tokens of the arithmetic world, shared by policy and critic, and their {@code
 * tokenizer.json}: greedy longest match, expressed as a split on the alternation of all tokens,
 * longest first, over a word-level vocabulary.
 *
 * <p>What any sequence of tokens decodes to can be encoded again after it was split into steps,
 * stripped and escaped: tokens with white space at an end have a bare twin, and tags can be spelled
 * from pieces.
 */
final class ArithmeticVocabulary {
  static final int PAD = 0;
  static final int BOS = 1;
  static final int EOS = 2;
  static final int UNKNOWN = 3;

  /** Steps whose tags are one token each: six operations and the answer. */
  private static final int TAGGED_STEPS = 7;

  private static final List<String> SPECIAL = List.of("<pad>", "<bos>", "<eos>", "<unk>");

  private static final List<String> TOKENS =
      Stream.of(
              SPECIAL.stream(),
              IntStream.range(0, 10).mapToObj(Integer::toString),
              Stream.of("+", "-", "=", ". ", ".", " ", "\n", "\n\n", "\\boxed{", "}"),
              Stream.of("Start at ", "Start at", "Add ", "Add", "Subtract ", "Subtract"),
              IntStream.range(0, TAGGED_STEPS).mapToObj(ArithmeticTongue::opening),
              IntStream.range(0, TAGGED_STEPS).mapToObj(ArithmeticTongue::closing),
              Stream.of("<", "/", "step_", ">", "Problem:", "Solution:", "Critique:"),
              Stream.of(": ", ":", ", ", ",", " ok\n", " wrong\n", "ok", "wrong"),
              Stream.of(ArithmeticTongue.JUDGMENT, ArithmeticTongue.QUESTION),
              Stream.of(ArithmeticTongue.QUESTION.strip(), "Yes", "No"),
              Stream.of(ArithmeticTongue.LIST_OPENING, ArithmeticTongue.LIST_CLOSING),
              Stream.of("incorrect_steps"),
              Stream.of(ArithmeticTongue.ESCAPED_BRACKET, ArithmeticTongue.ESCAPED_JUDGMENT))
          .flatMap(tokens -> tokens)
          .toList();

  private static final Pattern LONGEST_FIRST = Pattern.compile(longestFirst());

  private ArithmeticVocabulary() {}

  /** Every token by its id. */
  static List<String> tokens() {
    return TOKENS;
  }

  static int size() {
    return TOKENS.size();
  }

  /** A text's tokens; what is none is left out. */
  static List<String> pieces(String text) {
    return LONGEST_FIRST.matcher(text).results().map(MatchResult::group).toList();
  }

  /** Writes {@value HfTokenizer#FILE} into a checkpoint directory. */
  static void write(Path directory) {
    try {
      Files.createDirectories(directory);
      Files.write(directory.resolve(HfTokenizer.FILE), json().getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("writing a tokenizer to " + directory, e);
    }
  }

  private static String json() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int id = 0; id < SPECIAL.size(); id++) {
      added
          .addObject()
          .put("id", id)
          .put("content", SPECIAL.get(id))
          .put("single_word", false)
          .put("lstrip", false)
          .put("rstrip", false)
          .put("normalized", false)
          .put("special", true);
    }
    root.putNull("normalizer");
    ObjectNode split = root.putObject("pre_tokenizer").put("type", "Split");
    split.putObject("pattern").put("Regex", longestFirst());
    split.put("behavior", "Isolated").put("invert", false);
    root.putNull("post_processor");
    root.putObject("decoder").put("type", "Fuse");
    ObjectNode model = root.putObject("model").put("type", "WordLevel");
    ObjectNode vocabulary = model.putObject("vocab");
    for (int id = 0; id < TOKENS.size(); id++) {
      vocabulary.put(TOKENS.get(id), id);
    }
    model.put("unk_token", SPECIAL.get(UNKNOWN));
    try {
      return Json.INDENTED.writeValueAsString(root) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of our own is JSON", e);
    }
  }

  /** Regular expression engines take the first alternative that fits: the longest, so ordered. */
  private static String longestFirst() {
    return TOKENS.stream()
        .skip(SPECIAL.size())
        .sorted(Comparator.comparingInt(String::length).reversed().thenComparing(token -> token))
        .map(token -> token.replaceAll("[\\\\.+*?()\\[\\]{}|^$/-]", "\\\\$0"))
        .map(token -> token.replace("\n", "\\n"))
        .collect(Collectors.joining("|"));
  }
}

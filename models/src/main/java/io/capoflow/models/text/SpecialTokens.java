package io.capoflow.models.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A tokenizer's special tokens ({@code "special": true} among its added tokens), and the way to
 * encode untrusted text beside them: a mark breaks every special token that such text spells, and
 * the pieces between marks are encoded apart, so that none comes to be. Text that spells none is
 * encoded as ever. A token that trusted and untrusted text spell together is one: templates write
 * {@code <|role|>} that way. Immutable and thread-safe.
 */
final class SpecialTokens {
  /** A surrogate without its other half: no text holds one, and no template makes one. */
  private static final char MARK = '\uDC00';

  private static final char REPLACEMENT = '\uFFFD';

  private final Map<String, Integer> ids;
  private final int[] neverFromText;
  private final Pattern any;

  private SpecialTokens(Map<String, Integer> ids, int[] neverFromText) {
    this.ids = ids;
    this.neverFromText = neverFromText;
    this.any = Pattern.compile(anyOf(ids.keySet()));
  }

  /** Those of a {@code tokenizer.json}. */
  static SpecialTokens of(JsonNode tokenizer) {
    Map<String, Integer> ids = new TreeMap<>();
    for (JsonNode added : tokenizer.path("added_tokens")) {
      String content = added.path("content").asText();
      if (added.path("special").asBoolean() && !content.isEmpty()) {
        ids.put(content, added.path("id").asInt());
      }
    }
    // Any text may hold what is unknown.
    Map<String, Integer> others = new TreeMap<>(ids);
    others.remove(tokenizer.path("model").path("unk_token").asText());
    return new SpecialTokens(
        ids, others.values().stream().mapToInt(Integer::intValue).sorted().toArray());
  }

  OptionalInt id(String content) {
    Integer id = ids.get(content);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /**
   * The text with a mark in each special token that it spells; one of a single character becomes
   * U+FFFD, as do halves of surrogate pairs, which are no text.
   */
  String disarm(String untrusted) {
    String text = wellFormed(untrusted);
    if (ids.isEmpty()) {
      return text;
    }
    StringBuilder disarmed = new StringBuilder(text);
    List<Integer> starts = new ArrayList<>();
    Matcher matcher = any.matcher(text);
    // From the character after each start: one may begin inside another.
    for (int from = 0; from <= text.length() && matcher.find(from); from = matcher.start() + 1) {
      starts.add(matcher.start());
    }
    for (int i = starts.size() - 1; i >= 0; i--) {
      int start = starts.get(i);
      int next = text.offsetByCodePoints(start, 1);
      if (ids.containsKey(text.substring(start, next))) {
        disarmed.replace(start, next, Character.toString(REPLACEMENT));
      } else {
        disarmed.insert(next, MARK);
      }
    }
    return disarmed.toString();
  }

  /**
   * Token ids of a text whose untrusted parts were disarmed: only what the rest of it spells
   * becomes a special token.
   *
   * @param encoder of the tokenizer, which takes special tokens for what they are
   */
  int[] encode(String disarmed, Function<String, int[]> encoder) {
    IntStream.Builder encoded = IntStream.builder();
    for (String piece : disarmed.split(Character.toString(MARK), -1)) {
      int[] piecesIds = encoder.apply(piece);
      if (count(piecesIds) > any(piece)) {
        addGuarded(piece, encoder, encoded);
      } else {
        Arrays.stream(piecesIds).forEach(encoded);
      }
    }
    return encoded.build().toArray();
  }

  /** Some text became a special token that it does not spell: normalising does that. */
  private void addGuarded(
      String piece, Function<String, int[]> encoder, IntStream.Builder encoded) {
    Matcher matcher = any.matcher(piece);
    int end = 0;
    while (matcher.find()) {
      addText(piece.substring(end, matcher.start()), encoder, encoded);
      encoded.add(ids.get(matcher.group()));
      end = matcher.end();
    }
    addText(piece.substring(end), encoder, encoded);
  }

  /** Halves a text until none of it is a special token; a character that is one is left out. */
  private void addText(String text, Function<String, int[]> encoder, IntStream.Builder encoded) {
    int[] textIds = encoder.apply(text);
    int characters = text.codePointCount(0, text.length());
    if (count(textIds) == 0) {
      Arrays.stream(textIds).forEach(encoded);
    } else if (characters > 1) {
      int middle = text.offsetByCodePoints(0, characters / 2);
      addText(text.substring(0, middle), encoder, encoded);
      addText(text.substring(middle), encoder, encoded);
    }
  }

  /** Their first characters are looked at first: Llama 3 has 256 of them, all with the same. */
  private static String anyOf(Set<String> tokens) {
    String first =
        tokens.stream()
            .map(token -> "\\x{%x}".formatted(token.codePointAt(0)))
            .distinct()
            .collect(Collectors.joining());
    String all =
        tokens.stream()
            // The longest first, as the library takes them.
            .sorted(Comparator.comparingInt(String::length).reversed())
            .map(Pattern::quote)
            .collect(Collectors.joining("|"));
    return tokens.isEmpty() ? "" : "(?=[%s])(?:%s)".formatted(first, all);
  }

  private long count(int[] tokenIds) {
    return Arrays.stream(tokenIds)
        .filter(id -> Arrays.binarySearch(neverFromText, id) >= 0)
        .count();
  }

  private long any(String piece) {
    return ids.isEmpty() ? 0 : any.matcher(piece).results().count();
  }

  private static String wellFormed(String text) {
    StringBuilder repaired = new StringBuilder(text);
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      if (Character.charCount(text.codePointAt(i)) == 1 && Character.isSurrogate(text.charAt(i))) {
        repaired.setCharAt(i, REPLACEMENT);
      }
    }
    return repaired.toString();
  }
}

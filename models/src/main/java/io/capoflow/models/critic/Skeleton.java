package io.capoflow.models.critic;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A text as the most forgiving reader takes it: look-alikes folded into what they look like
 * (compatibility forms such as full width, and letters of other alphabets that pass for Latin
 * ones), in lower case, without marks on letters and without what is not seen: characters of zero
 * width, of control and of writing direction. Each character knows where it stood. Of plain ASCII
 * it is the text itself in lower case. Linear in the text. Immutable.
 */
final class Skeleton {
  /**
   * A Latin letter (or a slash), and what of Cyrillic, Greek, Armenian and further letters passes
   * for it, in either case: a capital Greek Nu for an N.
   */
  private static final List<String> LOOK_ALIKES =
      List.of(
          "a\u0430\u0251\u03B1",
          "c\u0441\u03F2",
          "d\u0501",
          "e\u0435\u03B5",
          "g\u0261\u0581",
          "h\u04BB",
          "i\u0456\u03B9\u0131",
          "j\u0458\u03F3",
          "m\u043C\u03BC",
          "n\u043F\u0578\u03BD",
          "o\u043E\u03BF\u0585",
          "p\u0440\u03C1",
          "r\u0433",
          "s\u0455",
          "t\u0442\u03C4",
          "u\u03C5\u057D",
          "/\u2044\u2215\u29F8");

  private static final Map<Integer, Integer> LATIN = latin();
  private static final int[] NOTHING = {};

  private final int[] characters;
  private final int[] positions;

  private Skeleton(int[] characters, int[] positions) {
    this.characters = characters;
    this.positions = positions;
  }

  static Skeleton of(String text) {
    int[] characters = new int[text.length()];
    int[] positions = new int[text.length()];
    int length = 0;
    int width;
    for (int position = 0; position < text.length(); position += width) {
      int here = text.codePointAt(position);
      width = Character.charCount(here);
      if (here >= ' ' && here < 0x7F && length < characters.length) {
        characters[length] = Character.toLowerCase(here);
        positions[length++] = position;
        continue;
      }
      int[] seen = seen(here);
      if (length + seen.length > characters.length) {
        // A compatibility form may stand for several characters.
        int room = 2 * (length + seen.length);
        characters = Arrays.copyOf(characters, room);
        positions = Arrays.copyOf(positions, room);
      }
      for (int part : seen) {
        characters[length] = part;
        positions[length++] = position;
      }
    }
    return new Skeleton(Arrays.copyOf(characters, length), Arrays.copyOf(positions, length));
  }

  int length() {
    return characters.length;
  }

  /** The code point at the index. */
  int at(int index) {
    return characters[index];
  }

  /** Where the character stood in the text, in UTF-16 units. */
  int position(int index) {
    return positions[index];
  }

  boolean startsWith(String expected, int index) {
    if (index < 0 || index + expected.length() > characters.length) {
      return false;
    }
    for (int i = 0; i < expected.length(); i++) {
      if (characters[index + i] != expected.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int[] seen(int character) {
    if (isUnseen(character)) {
      return NOTHING;
    }
    if (character < 0x80) {
      return new int[] {Character.toLowerCase(character)};
    }
    return Normalizer.normalize(Character.toString(character), Normalizer.Form.NFKD)
        .codePoints()
        .filter(part -> !isMark(part) && !isUnseen(part))
        .map(Character::toLowerCase)
        .map(part -> LATIN.getOrDefault(part, part))
        .toArray();
  }

  private static Map<Integer, Integer> latin() {
    Map<Integer, Integer> latin = new HashMap<>();
    for (String row : LOOK_ALIKES) {
      row.chars().skip(1).forEach(lookAlike -> latin.put(lookAlike, (int) row.charAt(0)));
    }
    return Map.copyOf(latin);
  }

  /** An accent, an overlay, or another sign that joins the character before it. */
  static boolean isMark(int character) {
    return switch (Character.getType(character)) {
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK ->
          true;
      default -> false;
    };
  }

  /** Formats, controls, and letters of Hangul that only fill a place. */
  static boolean isUnseen(int character) {
    return Character.isIdentifierIgnorable(character)
        || character == 0x115F
        || character == 0x1160
        || character == 0x3164
        || character == 0xFFA0;
  }
}

package io.capoflow.verifiers.extraction;

import io.capoflow.verifiers.reading.Lexicon;
import io.capoflow.verifiers.reading.Units;
import java.util.Locale;
import java.util.Set;

/** What stands behind a number and belongs to it: a percent sign, a currency, a unit. */
final class Suffixes {
  private static final Set<String> SIZES = Set.of("square", "sq", "cubic", "cu", "per");
  private static final Set<String> AFTER = Set.of("squared", "cubed");

  /** Words that are units in other places than this. */
  private static final Set<String> OTHER_WORDS = Set.of("in", "min", "t", "day", "second", "pound");

  private static final int LONGEST = 48;

  private Suffixes() {}

  /** As it can be appended to the number; empty where there is none. */
  static String at(String text, int from) {
    int position = from;
    while (position < text.length()
        && (text.charAt(position) == ' ' || text.charAt(position) == '$')) {
      position++;
    }
    for (String closing : new String[] {"\\)", "\\]", "\\,", "\\ ", "\\;", "~"}) {
      if (text.startsWith(closing, position)) {
        position += closing.length();
        break;
      }
    }
    while (position < text.length() && text.charAt(position) == ' ') {
      position++;
    }
    if (text.startsWith("%", position) || text.startsWith("\\%", position)) {
      return "\\%";
    }
    if (text.startsWith("°", position)) {
      return "°";
    }
    if (text.startsWith("^\\circ", position) || text.startsWith("^{\\circ}", position)) {
      return "^\\circ";
    }
    for (String command : new String[] {"\\text{", "\\mathrm{", "\\textrm{", "\\mbox{"}) {
      if (text.startsWith(command, position)) {
        return marked(text, position + command.length());
      }
    }
    String words = words(text, position, false);
    return words.isEmpty()
        ? ""
        : "\\text{ " + words + "}" + exponent(text, position + words.length());
  }

  private static String marked(String text, int from) {
    int close = text.indexOf('}', from);
    if (close < 0 || close - from > LONGEST) {
      return "";
    }
    String content = text.substring(from, close).strip();
    return !content.isEmpty() && content.equals(words(content + " ", 0, true))
        ? "\\text{ " + content + "}" + exponent(text, close + 1)
        : "";
  }

  private static String exponent(String text, int from) {
    for (String exponent : new String[] {"^2", "^3", "^{2}", "^{3}", "²", "³"}) {
      if (text.startsWith(exponent, from)) {
        return exponent;
      }
    }
    return "";
  }

  /** The longest run of words that together are a unit, a currency, or "percent". */
  private static String words(String text, int from, boolean marked) {
    int limit = Math.min(text.length(), from + LONGEST);
    int end = from;
    boolean unit = false;
    int start = from;
    int accepted = from;
    while (end <= limit) {
      boolean letter =
          end < limit && (Character.isLetter(text.charAt(end)) || text.charAt(end) == '/');
      if (letter) {
        end++;
        continue;
      }
      String word = text.substring(start, end).toLowerCase(Locale.ROOT);
      if (word.equals("percent") || Lexicon.CURRENCY_OF_NAME.containsKey(word)) {
        return start == from ? text.substring(from, end) : text.substring(from, accepted);
      }
      boolean known =
          isUnit(text.substring(start, end), unit || marked) || (unit && AFTER.contains(word));
      if (known) {
        unit = true;
        accepted = end;
      } else if (!SIZES.contains(word)) {
        break;
      }
      if (end >= limit || text.charAt(end) != ' ') {
        break;
      }
      end++;
      start = end;
    }
    return unit ? text.substring(from, accepted) : "";
  }

  /**
   * @param surely whether what stands around it leaves no doubt that a unit is meant
   */
  private static boolean isUnit(String word, boolean surely) {
    int slash = word.indexOf('/');
    if (slash > 0) {
      return Units.named(word.substring(0, slash)).isPresent()
          && Units.named(word.substring(slash + 1)).isPresent();
    }
    boolean plain = (word.length() > 1 || surely) && Units.named(word).isPresent();
    return plain && (surely || !OTHER_WORDS.contains(word.toLowerCase(Locale.ROOT)));
  }
}

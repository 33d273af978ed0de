package io.capoflow.models.attacks;

import java.text.Normalizer;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Takes for structure whatever anyone could: it normalises Unicode, drops what is not seen and
 * marks on letters, reads letters of other alphabets as Latin ones, and ignores case and blanks.
 * Written apart from the code that it tests, with regular expressions.
 */
public final class ForgivingReader {
  private static final Pattern UNSEEN =
      Pattern.compile("[\\p{M}\\p{Cf}[\\p{Cc}&&[^\\s]]\\x{115F}\\x{1160}\\x{3164}\\x{FFA0}]");

  private static final String LOOK_ALIKES =
      "\u0430a\u0441c\u0435e\u0456i\u0458j\u043Eo\u0440p\u0455s\u0442t\u03C1p\u03B9i\u03BFo\u03C4t"
          + "\u0578n\u0585o\u2044/\u2215/";

  private static final String BLANK = "[\\s\\p{Z}\\u2800]*";

  private static final List<Pattern> STRUCTURE =
      List.of(
          Pattern.compile("<" + BLANK + "/?" + BLANK + "(step|paragraph|incorrect)"),
          Pattern.compile("<(?:" + BLANK + "[/|]|<)"),
          Pattern.compile("<\\p{L}"),
          Pattern.compile("<" + BLANK + "[\\p{L}\\p{N}_|\u2581-]+" + BLANK + ">"),
          Pattern.compile("judge?ment"),
          Pattern.compile(
              "\\[/?(inst|system_prompt|available_tools|tool_calls|tool_results|prefix|middle|suffix"
                  + "|gmask|mask|cls|sep|pad|unk|bos|eos|think|img|img_end|args|call_id|@bos@"
                  + "|toxicity=0|multimodal)\\]"));

  private ForgivingReader() {}

  /** All that could be taken for a tag, a judgment's label, or a special token, kind by kind. */
  public static List<String> structure(String text) {
    String seen = seen(text);
    return STRUCTURE.stream()
        .flatMap(kind -> kind.matcher(seen).results().map(MatchResult::group))
        .toList();
  }

  /** The text as it is taken. */
  public static String seen(String text) {
    // Both orders, since what is not seen may keep a mark from its letter.
    String dropped =
        UNSEEN.matcher(Normalizer.normalize(text, Normalizer.Form.NFKD)).replaceAll("");
    String lower =
        UNSEEN
            .matcher(Normalizer.normalize(dropped, Normalizer.Form.NFKC))
            .replaceAll("")
            .toLowerCase(Locale.ROOT);
    StringBuilder latin = new StringBuilder();
    lower
        .codePoints()
        .map(
            c -> {
              int known = LOOK_ALIKES.indexOf(c);
              return known >= 0 && known % 2 == 0 ? LOOK_ALIKES.charAt(known + 1) : c;
            })
        .forEach(latin::appendCodePoint);
    return latin.toString();
  }
}

package io.capoflow.verifiers;

import io.capoflow.verifiers.extraction.Sought;
import io.capoflow.verifiers.reading.Choices;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Multiple choice with letters from A to J, as GPQA, ARC and MMLU-Pro ask it. The gold answer must
 * be a letter, perhaps in brackets or before the option's text; the candidate must come down to one
 * letter, and two different ones are no answer. Unlike {@link MathVerifier}, which only calls a
 * bare capital a choice, it reads a small letter too, where nothing but brackets stands around it.
 */
public final class ChoiceVerifier extends PlainVerifier {
  private static final List<String> INTRODUCTIONS = List.of("option", "choice", "answer");

  public ChoiceVerifier() {
    super("choice", "choice-1", Sought.CHOICE, "Choice", "choice");
  }

  @Override
  Optional<String> read(String answer) {
    String text = withoutIntroduction(answer.strip());
    return Choices.chosen(text).or(() -> smallLetter(text)).map(String::valueOf);
  }

  /** Without a leading "option" and the like, as in "Option (C)". */
  private static String withoutIntroduction(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    for (String word : INTRODUCTIONS) {
      if (lower.length() == text.length()
          && lower.startsWith(word)
          && text.length() > word.length()
          && !Character.isLetterOrDigit(text.charAt(word.length()))) {
        return text.substring(word.length()).strip();
      }
    }
    return text;
  }

  private static Optional<Character> smallLetter(String text) {
    String bare = text;
    for (String around : List.of("$", "*", "(", ")", "[", "]", ".", ":")) {
      bare = bare.replace(around, "");
    }
    bare = bare.strip();
    boolean small = bare.length() == 1 && bare.charAt(0) >= 'a' && bare.charAt(0) <= 'j';
    return small ? Optional.of((char) (bare.charAt(0) - 'a' + 'A')) : Optional.empty();
  }
}

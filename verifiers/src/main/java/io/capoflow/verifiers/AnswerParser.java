package io.capoflow.verifiers;

import io.capoflow.verifiers.Answer.DecimalLiteral;
import io.capoflow.verifiers.Answer.Parsed;
import io.capoflow.verifiers.Token.Kind;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Reads tokens as one answer (VERIFY_SPEC.md, 3). What it cannot read is {@link Answer.Opaque}. */
final class AnswerParser {
  private static final Set<String> OPENING = Set.of("(", "[", "{", "\\{");
  private static final Set<String> CLOSING = Set.of(")", "]", "}", "\\}");
  private static final Set<String> ARTICLES = Set.of("a", "an", "the");

  private final Budget budget;

  AnswerParser(Budget budget) {
    this.budget = budget;
  }

  Parsed parse(List<Token> tokens) {
    return parse(tokens, 0);
  }

  private Parsed parse(List<Token> all, int depth) {
    Budget.check(depth <= Budget.DEPTH, "depth");
    budget.spend(all.size());
    List<Token> tokens = trimmed(all);
    List<List<Token>> items = split(tokens, Kind.SEPARATOR, ",");
    if (items.size() > 1) {
      return unnamed(sequence("", "", items, depth), tokens);
    }
    tokens = leftOf(tokens, "≈");
    List<List<Token>> sides = split(tokens, Kind.SYMBOL, "=");
    if (sides.size() == 1) {
      return unnamed(withoutName(tokens, depth), tokens);
    }
    if (!isName(sides.get(0)) || sides.stream().anyMatch(List::isEmpty)) {
      return unnamed(new Answer.Opaque(), tokens);
    }
    Parsed last = parse(sides.get(sides.size() - 1), depth + 1);
    return new Parsed(Optional.of(joined(sides.get(0))), last.answer(), last.tokens());
  }

  private Answer withoutName(List<Token> tokens, int depth) {
    if (tokens.isEmpty()) {
      return new Answer.Opaque();
    }
    if (enclosed(tokens)) {
      List<Token> inner = tokens.subList(1, tokens.size() - 1);
      String open = tokens.get(0).text();
      String close = tokens.get(tokens.size() - 1).text();
      List<List<Token>> items = split(inner, Kind.SEPARATOR, ",");
      if (open.equals("\\{")) {
        return inner.isEmpty() ? new Answer.Opaque() : sequence(open, close, items, depth);
      }
      if (items.size() > 1 && !open.equals("{")) {
        return sequence(open, close, items, depth);
      }
      if (open.equals("{") || (open.equals("(") && close.equals(")"))) {
        return parse(inner, depth + 1).answer();
      }
    }
    List<List<Token>> terms = split(tokens, Kind.SYMBOL, ":");
    return terms.size() > 1 ? ratio(terms) : scalarOrWords(tokens);
  }

  private Answer sequence(String open, String close, List<List<Token>> items, int depth) {
    Budget.check(items.size() <= Budget.LIST, "list");
    List<Parsed> parsed = new ArrayList<>();
    for (List<Token> item : items) {
      if (item.isEmpty()) {
        return new Answer.Opaque();
      }
      Parsed one = parse(item, depth + 1);
      if (one.answer() instanceof Answer.Undefined) {
        return one.answer();
      }
      parsed.add(one);
    }
    return new Answer.Sequence(open, close, List.copyOf(parsed));
  }

  private Answer ratio(List<List<Token>> terms) {
    List<Rational> values = new ArrayList<>();
    try {
      for (List<Token> term : terms) {
        Optional<Rational> value = evaluate(term);
        if (value.isEmpty() || value.get().isZero()) {
          return new Answer.Opaque();
        }
        values.add(value.get());
      }
    } catch (NumberExpression.NoValue e) {
      return new Answer.Undefined();
    }
    return new Answer.Ratio(List.copyOf(values));
  }

  private Answer scalarOrWords(List<Token> tokens) {
    try {
      Optional<Answer> scalar = new ScalarReader(tokens).read();
      if (scalar.isPresent()) {
        return scalar.get();
      }
    } catch (NumberExpression.NoValue e) {
      return new Answer.Undefined();
    }
    return words(tokens).<Answer>map(Answer.Words::new).orElseGet(Answer.Opaque::new);
  }

  private Optional<Rational> evaluate(List<Token> tokens) {
    return NumberExpression.evaluate(tokens, budget);
  }

  /** A number between what may stand around it: currency, percent sign, unit. */
  private final class ScalarReader {
    private final List<Token> rest;
    private boolean percent;
    private Optional<String> currency = Optional.empty();
    private Optional<Units.Unit> unit = Optional.empty();

    ScalarReader(List<Token> tokens) {
      rest = new ArrayList<>(tokens);
    }

    Optional<Answer> read() {
      while (!rest.isEmpty() && takeSuffix()) {
        budget.spend(1);
      }
      if (!rest.isEmpty() && isSign(rest.get(0)) && rest.size() > 1 && isCurrency(rest.get(1))) {
        currency = Optional.of(rest.remove(1).text());
      } else if (!rest.isEmpty() && isCurrency(rest.get(0))) {
        currency = Optional.of(rest.remove(0).text());
      }
      return evaluate(rest)
          .map(value -> new Answer.Scalar(value, literal(rest), percent, currency, unit));
    }

    private boolean takeSuffix() {
      int last = rest.size() - 1;
      Token token = rest.get(last);
      if (token.is("%")) {
        percent = true;
        return dropFrom(last);
      }
      if (isCurrency(token) && last > 0) {
        currency = Optional.of(token.text());
        return dropFrom(last);
      }
      if (token.is("°")) {
        return takeUnit("°", 1, last);
      }
      if (last > 1 && token.kind() == Kind.LETTER && rest.get(last - 1).is("°")) {
        return takeUnit("°" + token.text(), 1, last - 1);
      }
      int power = power(last);
      int name = power == 1 ? last : rest.get(last).is("}") ? last - 4 : last - 2;
      return name > 0
          && rest.get(name).kind() == Kind.TEXT
          && !Lexicon.SCALES.contains(rest.get(name).text().toLowerCase(Locale.ROOT))
          && takeUnit(rest.get(name).text(), power, name);
    }

    /** 2 or 3 where the tokens end with such an exponent, else 1. */
    private int power(int last) {
      boolean braced = rest.get(last).is("}") && last >= 4 && rest.get(last - 2).is("{");
      int number = braced ? last - 1 : last;
      int caret = braced ? last - 3 : last - 1;
      if (caret < 1 || !rest.get(caret).is("^") || rest.get(number).kind() != Kind.NUMBER) {
        return 1;
      }
      return switch (rest.get(number).text()) {
        case "2" -> 2;
        case "3" -> 3;
        default -> 1;
      };
    }

    private boolean takeUnit(String name, int power, int from) {
      unit = unit.isPresent() ? unit : Units.named(name, power);
      return dropFrom(from);
    }

    private boolean dropFrom(int from) {
      rest.subList(from, rest.size()).clear();
      return true;
    }
  }

  private static boolean isSign(Token token) {
    return token.is("-") || token.is("+");
  }

  private static boolean isCurrency(Token token) {
    return token.kind() == Kind.CURRENCY;
  }

  private static Optional<DecimalLiteral> literal(List<Token> tokens) {
    List<Token> unsigned =
        !tokens.isEmpty() && isSign(tokens.get(0)) ? tokens.subList(1, tokens.size()) : tokens;
    if (unsigned.size() != 1) {
      return Optional.empty();
    }
    String text = unsigned.get(0).text();
    int point = text.indexOf('.');
    if (point < 0 || text.indexOf('e') >= 0) {
      return Optional.empty();
    }
    String digits = text.replace(".", "");
    int leadingZeros = 0;
    while (leadingZeros < digits.length() && digits.charAt(leadingZeros) == '0') {
      leadingZeros++;
    }
    return Optional.of(
        new DecimalLiteral(text.length() - point - 1, digits.length() - leadingZeros));
  }

  /** Case, width, blanks, articles and a final stop do not count between words. */
  private static Optional<String> words(List<Token> tokens) {
    boolean wordsOnly =
        tokens.stream()
            .allMatch(
                t -> t.kind() == Kind.TEXT || t.kind() == Kind.LETTER || t.is("-") || t.is("'"));
    if (!wordsOnly || tokens.stream().noneMatch(token -> token.kind() == Kind.TEXT)) {
      return Optional.empty();
    }
    String folded =
        tokens.stream()
            .flatMap(token -> List.of(token.text().split("[ .]", -1)).stream())
            .map(word -> Normalizer.normalize(word, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT))
            .filter(word -> !word.isEmpty() && !ARTICLES.contains(word))
            .collect(Collectors.joining(" "));
    return folded.isEmpty() ? Optional.empty() : Optional.of(folded);
  }

  /** x, x_1, f(x), AB, (a, b): what may stand left of "=" without being part of an equation. */
  private static boolean isName(List<Token> side) {
    boolean lettered =
        side.stream().anyMatch(t -> t.kind() == Kind.LETTER || t.kind() == Kind.TEXT);
    return lettered
        && side.stream()
            .allMatch(
                token ->
                    switch (token.kind()) {
                      case LETTER, TEXT, SEPARATOR -> true;
                      case NUMBER, SYMBOL ->
                          "(){}_'".contains(token.text()) || isIndex(side, token);
                      case COMMAND, CURRENCY -> false;
                    });
  }

  private static boolean isIndex(List<Token> side, Token token) {
    int at = side.indexOf(token);
    return token.kind() == Kind.NUMBER
        && at > 0
        && (side.get(at - 1).is("_") || side.get(at - 1).is("{"));
  }

  private static Parsed unnamed(Answer answer, List<Token> tokens) {
    return new Parsed(Optional.empty(), answer, joined(tokens));
  }

  /** The tokens with blanks between them; braces around a single one say nothing. */
  private static String joined(List<Token> tokens) {
    StringBuilder joined = new StringBuilder();
    for (int i = 0; i < tokens.size(); i++) {
      boolean single = tokens.get(i).is("{") && i + 2 < tokens.size() && tokens.get(i + 2).is("}");
      Token shown = tokens.get(single ? i + 1 : i);
      joined.append(joined.isEmpty() ? "" : " ").append(shown.text());
      i += single ? 2 : 0;
    }
    return joined.toString();
  }

  /** Without a final stop or comma, and without a leading plus, "=" or ":". */
  private static List<Token> trimmed(List<Token> tokens) {
    int start = 0;
    int end = tokens.size();
    while (start < end
        && (tokens.get(start).is("=") || tokens.get(start).is(":") || tokens.get(start).is("+"))) {
      start++;
    }
    while (end > start
        && (tokens.get(end - 1).is(".") || tokens.get(end - 1).kind() == Kind.SEPARATOR)) {
      end--;
    }
    return tokens.subList(start, end);
  }

  private static List<Token> leftOf(List<Token> tokens, String symbol) {
    List<List<Token>> parts = split(tokens, Kind.SYMBOL, symbol);
    return parts.get(0).isEmpty() ? tokens : parts.get(0);
  }

  /** Splits where the symbol stands outside all brackets; always at least one part. */
  private static List<List<Token>> split(List<Token> tokens, Kind kind, String symbol) {
    List<List<Token>> parts = new ArrayList<>();
    int depth = 0;
    int start = 0;
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      if (token.kind() == Kind.SYMBOL && OPENING.contains(token.text())) {
        depth++;
      } else if (token.kind() == Kind.SYMBOL && CLOSING.contains(token.text())) {
        depth--;
      } else if (depth == 0 && token.kind() == kind && token.text().equals(symbol)) {
        parts.add(tokens.subList(start, i));
        start = i + 1;
      }
    }
    parts.add(tokens.subList(start, tokens.size()));
    // "1, 2, and 3": two separators in a row are one.
    if (kind == Kind.SEPARATOR && parts.size() > 2) {
      parts.removeIf(List::isEmpty);
    }
    return parts;
  }

  /** Whether the first token is a bracket that the last one closes. */
  private static boolean enclosed(List<Token> tokens) {
    if (tokens.size() < 2
        || tokens.get(0).kind() != Kind.SYMBOL
        || !OPENING.contains(tokens.get(0).text())) {
      return false;
    }
    int depth = 0;
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      if (token.kind() == Kind.SYMBOL && OPENING.contains(token.text())) {
        depth++;
      } else if (token.kind() == Kind.SYMBOL && CLOSING.contains(token.text()) && --depth == 0) {
        return i == tokens.size() - 1;
      }
    }
    return false;
  }
}

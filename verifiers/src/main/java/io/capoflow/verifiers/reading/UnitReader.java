package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Rational;
import io.capoflow.verifiers.reading.Token.Kind;
import io.capoflow.verifiers.reading.Units.Unit;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Reads what stands behind a number: units with powers and quotients, currencies, words that scale
 * it, and words that mean nothing here.
 */
final class UnitReader {
  private static final Map<String, Long> SCALES =
      Map.ofEntries(
          Map.entry("dozen", 12L),
          Map.entry("hundred", 100L),
          Map.entry("hundreds", 100L),
          Map.entry("thousand", 1_000L),
          Map.entry("thousands", 1_000L),
          Map.entry("million", 1_000_000L),
          Map.entry("millions", 1_000_000L),
          Map.entry("billion", 1_000_000_000L),
          Map.entry("billions", 1_000_000_000L),
          Map.entry("trillion", 1_000_000_000_000L),
          Map.entry("trillions", 1_000_000_000_000L));

  private final Tokens tokens;
  private int at;
  private Unit unit = new Unit(Map.of(), Rational.ONE);
  private Optional<Unit> previous = Optional.empty();
  private boolean known;
  private boolean unknown;
  private boolean fresh = true;
  private int sign = 1;
  private int next = 1;
  private Rational scale = Rational.ONE;

  private UnitReader(Tokens tokens, int at) {
    this.tokens = tokens;
    this.at = at;
  }

  /**
   * What stands behind a number.
   *
   * @param unit empty where there is none or a part of it is unknown
   * @param scale what the number is to be multiplied with
   * @param end where it ends
   */
  record Suffix(Optional<Unit> unit, Rational scale, int end) {}

  /**
   * @throws Unreadable where anything else comes before the end or the next number
   */
  static Suffix read(Tokens tokens, int from) {
    return new UnitReader(tokens, from).read();
  }

  private Suffix read() {
    while (at < tokens.size()) {
      Token token = tokens.get(at);
      if (token.kind() == Kind.TEXT) {
        words(token.text());
        at++;
      } else if (token.kind() == Kind.CURRENCY || token.is("°")) {
        degreeOrCurrency(token);
      } else if (token.is("\\frac")) {
        fraction();
      } else if (token.is("/")) {
        sign = -1;
        fresh = false;
        at++;
      } else if (token.is("*") && known) {
        at++;
      } else if (token.kind() == Kind.LETTER && (sign < 0 || !fresh)) {
        word(token.text());
        at++;
      } else if (token.is("^") && previous.isPresent()) {
        exponent();
      } else if (token.is("^") && unknown) {
        at = Math.max(tokens.next(at + 1), at + 2);
      } else if (token.is(".")) {
        at++;
      } else if (token.kind() == Kind.NUMBER && !fresh) {
        break;
      } else {
        throw new Unreadable(token.text());
      }
    }
    if (at > tokens.size()) {
      throw new Unreadable("an exponent without a value");
    }
    Optional<Unit> read = known && !unknown ? Optional.of(unit) : Optional.empty();
    return new Suffix(read, scale, at);
  }

  /** One unit over another. */
  private void fraction() {
    at++;
    for (int power = 1; power >= -1; power -= 2) {
      int close = tokens.is(at, "{") ? tokens.partner(at) : at;
      if (close < 0 || close >= tokens.size()) {
        throw new Unreadable("a fraction of units");
      }
      Tokens part = tokens.is(at, "{") ? tokens.slice(at + 1, close) : tokens.slice(at, at + 1);
      Suffix suffix = read(part, 0);
      known |= suffix.unit().isPresent();
      unknown |= suffix.unit().isEmpty();
      unit = unit.times(suffix.unit().orElse(new Unit(Map.of(), Rational.ONE)).power(power));
      at = close + 1;
    }
    fresh = false;
  }

  private void degreeOrCurrency(Token token) {
    String name = token.text();
    at++;
    boolean temperature =
        token.is("°")
            && (tokens.is(at, Kind.LETTER) || tokens.is(at, Kind.TEXT))
            && Units.named("°" + tokens.get(at).text()).isPresent();
    if (temperature) {
      name += tokens.get(at++).text();
    } else if (token.is("°") && tokens.is(at, Kind.TEXT)) {
      String scaleName = tokens.get(at).text().toLowerCase(Locale.ROOT);
      if (scaleName.equals("celsius") || scaleName.equals("fahrenheit")) {
        name = scaleName;
        at++;
      }
    }
    word(name);
  }

  private void words(String text) {
    int start = 0;
    for (int i = 0; i <= text.length(); i++) {
      char c = i < text.length() ? text.charAt(i) : ' ';
      if (c == ' ' || c == '/') {
        if (i > start) {
          word(text.substring(start, i));
        }
        if (c == '/') {
          sign = -1;
        }
        start = i + 1;
      }
    }
  }

  private void word(String written) {
    String word = written.endsWith(".") ? written.substring(0, written.length() - 1) : written;
    fresh = false;
    switch (word.toLowerCase(Locale.ROOT)) {
      case "" -> {}
      case "per" -> sign = -1;
      case "square", "sq" -> next = 2;
      case "cubic", "cu" -> next = 3;
      case "squared" -> again(1);
      case "cubed" -> again(2);
      default -> {
        Long factor = known || unknown ? null : SCALES.get(word.toLowerCase(Locale.ROOT));
        if (factor != null) {
          scale = scale.times(Rational.of(factor));
        } else if (Lexicon.SCALES.contains(word.toLowerCase(Locale.ROOT))) {
          throw new Unreadable(word);
        } else {
          named(word);
        }
      }
    }
  }

  private void named(String word) {
    Optional<Unit> found = Units.named(word);
    if (found.isEmpty()) {
      unknown = true;
      previous = Optional.empty();
      return;
    }
    known = true;
    previous = Optional.of(found.get().power(sign));
    unit = unit.times(found.get().power(sign * next));
    next = 1;
  }

  private void again(int times) {
    previous.ifPresent(last -> unit = unit.times(last.power(times)));
  }

  private void exponent() {
    at++;
    int close = tokens.is(at, "{") ? tokens.partner(at) : at;
    int from = tokens.is(at, "{") ? at + 1 : at;
    boolean negative = tokens.is(from, "-");
    from += negative ? 1 : 0;
    if (!tokens.is(from, Kind.NUMBER) || tokens.get(from).text().length() != 1) {
      throw new Unreadable("a unit's exponent");
    }
    int power = tokens.get(from).text().charAt(0) - '0';
    int exponent = negative ? -power : power;
    unit = unit.times(previous.orElseThrow().power(exponent - 1));
    at = Math.max(close, from) + 1;
    previous = Optional.empty();
  }
}

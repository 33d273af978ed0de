package io.capoflow.settings.binding;

import java.math.BigDecimal;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An interval of numbers as {@link Key#range} writes it: {@code [0, 1)}, {@code (0, )}. */
record Range(
    Optional<BigDecimal> low,
    boolean lowIncluded,
    Optional<BigDecimal> high,
    boolean highIncluded) {
  static final Range ALL = new Range(Optional.empty(), false, Optional.empty(), false);

  private static final Pattern NOTATION =
      Pattern.compile("([\\[(])\\s*([-+.0-9eE]*)\\s*,\\s*([-+.0-9eE]*)\\s*([\\])])");

  static Range of(String notation) {
    if (notation.isEmpty()) {
      return ALL;
    }
    Matcher matcher = NOTATION.matcher(notation);
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not an interval: " + notation);
    }
    return new Range(
        bound(matcher.group(2)),
        matcher.group(1).equals("["),
        bound(matcher.group(3)),
        matcher.group(4).equals("]"));
  }

  private static Optional<BigDecimal> bound(String text) {
    return text.isEmpty() ? Optional.empty() : Optional.of(new BigDecimal(text));
  }

  boolean holds(BigDecimal value) {
    boolean aboveLow =
        low.isEmpty() || value.compareTo(low.get()) > 0 || (lowIncluded && equal(value, low.get()));
    boolean belowHigh =
        high.isEmpty()
            || value.compareTo(high.get()) < 0
            || (highIncluded && equal(value, high.get()));
    return aboveLow && belowHigh;
  }

  private static boolean equal(BigDecimal left, BigDecimal right) {
    return left.compareTo(right) == 0;
  }

  /** In words, for a sentence that starts with the type: "" or " of at least 1". */
  String describe() {
    if (low.isPresent() && high.isPresent()) {
      return " in "
          + (lowIncluded ? "[" : "(")
          + low.get().toPlainString()
          + ", "
          + high.get().toPlainString()
          + (highIncluded ? "]" : ")");
    }
    if (low.isPresent()) {
      return (lowIncluded ? " of at least " : " above ") + low.get().toPlainString();
    }
    return high.map(bound -> (highIncluded ? " of at most " : " below ") + bound.toPlainString())
        .orElse("");
  }
}

package io.capoflow.verifiers;

import java.util.List;
import java.util.Optional;

/** What an answer was read as. */
sealed interface Answer {
  /** As a verification's {@code goldType} names it. */
  String type();

  /**
   * A number, exact.
   *
   * @param literal how it was written, where it is a single decimal numeral
   * @param percent whether a percent sign follows; the value is what stands before it
   * @param currency ISO code
   */
  record Scalar(
      Rational value,
      Optional<DecimalLiteral> literal,
      boolean percent,
      Optional<String> currency,
      Optional<Units.Unit> unit)
      implements Answer {
    @Override
    public String type() {
      if (percent) {
        return "Percent";
      }
      if (unit.isPresent() || currency.isPresent()) {
        return "Quantity";
      }
      if (literal.isPresent()) {
        return "Decimal";
      }
      return value.isInteger() ? "Integer" : "Rational";
    }
  }

  /**
   * A numeral with a point.
   *
   * @param places digits behind the point
   * @param significant digits from the first that is not 0
   */
  record DecimalLiteral(int places, int significant) {}

  /**
   * Several answers.
   *
   * @param open the opening bracket; empty for a bare list
   * @param close the closing bracket
   */
  record Sequence(String open, String close, List<Parsed> items) implements Answer {
    @Override
    public String type() {
      return switch (open) {
        case "" -> "List";
        case "\\{" -> "Set";
        case "(" -> close.equals(")") ? "Tuple" : "Interval";
        default -> "Interval";
      };
    }

    /** Whether the order of the items means nothing. */
    boolean unordered() {
      return open.isEmpty() || open.equals("\\{");
    }
  }

  /** a : b (: c), two terms or more. */
  record Ratio(List<Rational> terms) implements Answer {
    @Override
    public String type() {
      return "Ratio";
    }
  }

  /** Words, folded. */
  record Words(String folded) implements Answer {
    @Override
    public String type() {
      return "Text";
    }
  }

  /** A division by zero and the like: it equals nothing. */
  record Undefined() implements Answer {
    @Override
    public String type() {
      return "Undefined";
    }
  }

  /** What could not be read; it equals its own tokens only. */
  record Opaque() implements Answer {
    @Override
    public String type() {
      return "Unparsed";
    }
  }

  /**
   * An answer with what was written around it.
   *
   * @param name the left side of "x = 3"
   * @param tokens all normalised tokens of the right side
   */
  record Parsed(Optional<String> name, Answer answer, String tokens) {}
}

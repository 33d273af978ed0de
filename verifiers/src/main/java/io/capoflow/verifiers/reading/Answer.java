package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.Rational;
import java.util.List;
import java.util.Optional;

/** What an answer was read as. */
public sealed interface Answer {
  /** As a verification's {@code goldType} names it. */
  String type();

  /**
   * A number, a closed form or an expression.
   *
   * @param value the exact value, where there is one
   * @param literal how it was written, where it is a single decimal numeral
   * @param percent whether a percent sign follows; the value is what stands before it
   * @param unit the unit or currency, where it is known
   * @param written whether it is a number as written, with nothing left to work out
   */
  record Scalar(
      Expression expression,
      Optional<Rational> value,
      Optional<DecimalLiteral> literal,
      boolean percent,
      Optional<Units.Unit> unit,
      boolean written)
      implements Answer {
    @Override
    public String type() {
      if (percent) {
        return "Percent";
      }
      if (unit.isPresent()) {
        return "Quantity";
      }
      if (literal.isPresent()) {
        return "Decimal";
      }
      if (value.isPresent()) {
        return value.get().isInteger() ? "Integer" : "Rational";
      }
      return expression.isClosed() ? "ClosedForm" : "Expression";
    }
  }

  /**
   * A numeral with a point, or in scientific notation.
   *
   * @param places digits behind the point; fewer than 0 where powers of ten fill up
   * @param significant digits from the first that is not 0
   */
  record DecimalLiteral(int places, int significant) {}

  /**
   * left = right, or a chain of such.
   *
   * @param name the left side, where it is a symbol or the like
   * @param value the last exact side
   * @param difference left minus right, where both are expressions
   * @param identity whether all sides are equal whatever the variables are
   */
  record Equation(
      Optional<String> name, Parsed value, Optional<Expression> difference, boolean identity)
      implements Answer {
    @Override
    public String type() {
      return "Equation";
    }
  }

  /**
   * A chain of inequalities.
   *
   * @param differences lower minus upper side of each
   * @param strict whether each excludes equality
   * @param solved what it says of one variable, where it is solved for it
   */
  record Inequality(List<Expression> differences, List<Boolean> strict, Optional<Solution> solved)
      implements Answer {
    @Override
    public String type() {
      return "Inequality";
    }
  }

  /** A variable and where it lies. */
  record Solution(String variable, Intervals where) implements Answer {
    @Override
    public String type() {
      return "Inequality";
    }
  }

  /** A union of intervals, points among them. */
  record Intervals(List<Span> spans) implements Answer {
    @Override
    public String type() {
      return spans.size() == 1 ? "Interval" : "Union";
    }
  }

  /** From low to high; an end at infinity is empty. */
  record Span(
      Optional<Scalar> low, boolean lowIncluded, Optional<Scalar> high, boolean highIncluded) {}

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
        case "⟨" -> "Vector";
        default -> "Tuple";
      };
    }

    /** Whether the order of the items means nothing. */
    public boolean unordered() {
      return open.isEmpty() || open.equals("\\{");
    }
  }

  /** Rows of equal length. */
  record Matrix(List<List<Parsed>> rows) implements Answer {
    @Override
    public String type() {
      return isVector() ? "Vector" : "Matrix";
    }

    public boolean isVector() {
      return rows.size() == 1 || rows.get(0).size() == 1;
    }

    /** Of a vector: its elements. */
    public List<Parsed> elements() {
      return rows.size() == 1 ? rows.get(0) : rows.stream().map(row -> row.get(0)).toList();
    }
  }

  /** a : b (: c), two terms or more. */
  record Ratio(List<Scalar> terms) implements Answer {
    @Override
    public String type() {
      return "Ratio";
    }
  }

  /** Digits in a base. */
  record BaseNumeral(String digits, int base) implements Answer {
    @Override
    public String type() {
      return "BaseNumeral";
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
   * An answer with what it was read from.
   *
   * @param tokens all normalised tokens
   */
  record Parsed(Answer answer, String tokens) {}
}

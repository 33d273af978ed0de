package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.NoValue;
import io.capoflow.verifiers.reading.Answer.Parsed;
import io.capoflow.verifiers.reading.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads matrices, with a factor before them and a transposition behind. */
final class MatrixReader {
  private final Reading reading;
  private final ScalarReader scalars;
  private final Budget budget;

  MatrixReader(Reading reading, ScalarReader scalars, Budget budget) {
    this.reading = reading;
    this.scalars = scalars;
    this.budget = budget;
  }

  /** Without a transposition behind it. */
  static Tokens withoutTransposition(Tokens tokens) {
    int end = tokens.size();
    if (end > 2 && tokens.is(end - 2, "^") && isTransposition(tokens.get(end - 1))) {
      return tokens.slice(0, end - 2);
    }
    boolean braced =
        end > 4
            && tokens.is(end - 4, "^")
            && tokens.is(end - 3, "{")
            && isTransposition(tokens.get(end - 2));
    return braced ? tokens.slice(0, end - 4) : tokens;
  }

  /**
   * A matrix, perhaps in brackets and behind a factor; empty where the tokens end with none.
   *
   * @param tokens at least two, without a transposition
   * @throws Unreadable where the environment is no matrix, such as a determinant
   */
  Optional<Answer> read(Tokens tokens, boolean transposed, int depth) {
    int end = tokens.size();
    int open = end - 1;
    Token last = tokens.last();
    boolean bracketed = (last.is(")") || last.is("]")) && tokens.is(end - 2, Kind.COMMAND);
    if (bracketed) {
      open = end - 2;
    }
    if (!tokens.get(open).text().startsWith("\\end{")) {
      return Optional.empty();
    }
    int begin = tokens.partner(open);
    if (begin < 0) {
      throw new Unreadable("an environment that does not begin");
    }
    int start = bracketed ? begin - 1 : begin;
    String name = tokens.get(begin).text();
    boolean array = name.equals("\\begin{array}");
    boolean barred = array && !bracketed;
    if (bracketed && (start < 0 || tokens.partner(start) != end - 1)) {
      throw new Unreadable("a matrix in brackets");
    }
    boolean matrix =
        switch (name) {
          case "\\begin{pmatrix}",
              "\\begin{bmatrix}",
              "\\begin{Bmatrix}",
              "\\begin{matrix}",
              "\\begin{smallmatrix}",
              "\\begin{psmallmatrix}",
              "\\begin{bsmallmatrix}" ->
              true;
          default -> array;
        };
    if (!matrix || (barred && (tokens.is(begin - 1, "|") || tokens.last().is("|")))) {
      throw new Unreadable(name);
    }
    List<List<Parsed>> rows = rows(tokens.slice(begin + 1, open), depth);
    if (start > 0) {
      rows = scaled(tokens.slice(0, start), rows);
    }
    return Optional.of(new Answer.Matrix(transposed ? transposed(rows) : rows));
  }

  private static boolean isTransposition(Token token) {
    return token.text().equals("T") || token.text().equals("\\top") || token.text().equals("t");
  }

  private List<List<Parsed>> rows(Tokens body, int depth) {
    List<List<Parsed>> rows = new ArrayList<>();
    int width = -1;
    for (Tokens row : body.split("\\\\")) {
      if (row.isEmpty()) {
        continue;
      }
      List<Parsed> cells = new ArrayList<>();
      for (Tokens cell : row.split("&")) {
        Parsed parsed = reading.read(cell, depth + 1);
        if (parsed.answer() instanceof Answer.Undefined) {
          throw new NoValue("an element");
        }
        cells.add(parsed);
      }
      Budget.check(cells.size() <= Budget.MATRIX, "matrix");
      if (width >= 0 && width != cells.size()) {
        throw new Unreadable("rows of different lengths");
      }
      width = cells.size();
      rows.add(List.copyOf(cells));
    }
    Budget.check(rows.size() <= Budget.MATRIX, "matrix");
    if (rows.isEmpty()) {
      throw new Unreadable("an empty matrix");
    }
    return List.copyOf(rows);
  }

  private List<List<Parsed>> scaled(Tokens factor, List<List<Parsed>> rows) {
    Tokens plain = factor.last().is("*") ? factor.slice(0, factor.size() - 1) : factor;
    Expression scale =
        plain.size() == 1 && plain.is(0, "-")
            ? Expression.number(-1)
            : ExpressionParser.whole(plain, budget);
    List<List<Parsed>> scaled = new ArrayList<>();
    for (List<Parsed> row : rows) {
      List<Parsed> cells = new ArrayList<>();
      for (Parsed cell : row) {
        Expression product =
            Expression.of(
                Expression.Kind.PRODUCT, scale, IntervalReader.scalarOf(cell).expression());
        cells.add(new Parsed(scalars.bare(product), plain.joined() + " " + cell.tokens()));
      }
      scaled.add(List.copyOf(cells));
    }
    return List.copyOf(scaled);
  }

  private static List<List<Parsed>> transposed(List<List<Parsed>> rows) {
    List<List<Parsed>> columns = new ArrayList<>();
    for (int i = 0; i < rows.get(0).size(); i++) {
      List<Parsed> column = new ArrayList<>();
      for (List<Parsed> row : rows) {
        column.add(row.get(i));
      }
      columns.add(List.copyOf(column));
    }
    return List.copyOf(columns);
  }
}

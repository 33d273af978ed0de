package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.Expression.Kind;
import io.capoflow.verifiers.expression.Function;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/** Reads letters with their indices, primes and accents, and functions that nothing is known of. */
final class SymbolReader {
  private static final Set<String> ACCENTS =
      Set.of(
          "\\vec",
          "\\hat",
          "\\bar",
          "\\overline",
          "\\tilde",
          "\\widehat",
          "\\widetilde",
          "\\overrightarrow",
          "\\dot",
          "\\ddot");

  /** Tokens that are compared with a running index for a unit of fuel. */
  private static final int COMPARED = 8;

  private final ExpressionParser expressions;
  private final Cursor cursor;
  private final Budget budget;

  /** Of the sums that are being read: there, i and e are no constants. */
  private final Deque<String> indices = new ArrayDeque<>(0);

  SymbolReader(ExpressionParser expressions, Cursor cursor, Budget budget) {
    this.expressions = expressions;
    this.cursor = cursor;
    this.budget = budget;
  }

  static boolean isAccent(String command) {
    return ACCENTS.contains(command);
  }

  /** From here to {@link #leaveSum}, the letter is an index that runs. */
  void enterSum(String index) {
    indices.push(index);
  }

  void leaveSum() {
    indices.pop();
  }

  /** The indices that run there run here. */
  void runAlso(SymbolReader other) {
    indices.addAll(other.indices);
  }

  Expression letter() {
    String name = cursor.next().text();
    boolean indexed = cursor.here("_") || cursor.here("'");
    if (!indexed) {
      if (indices.contains(name)) {
        return Expression.variable(name);
      }
      switch (name) {
        case "e":
          return Expression.EULER;
        case "i":
          return Expression.IMAGINARY;
        case "f", "g", "h":
          if (cursor.here("(")
              && cursor.tokens().partner(cursor.at()) > 0
              && cursor.tokens().partner(cursor.at()) < cursor.end()) {
            return application(name);
          }
          break;
        default:
          break;
      }
    }
    Expression symbol = symbol(name);
    boolean applied =
        name.length() == 1
            && "fgh".contains(name)
            && cursor.here("(")
            && cursor.tokens().partner(cursor.at()) > 0;
    if (applied && symbol.kind() == Kind.RUNNING) {
      throw new Unreadable("a function for each index");
    }
    return applied ? application(symbol.name()) : symbol;
  }

  /**
   * A function that nothing is known of: the whole is an atom, told by its tokens, or one for each
   * value of an argument that a sum's index runs in.
   */
  private Expression application(String name) {
    int close = cursor.tokens().partner(cursor.at());
    Tokens argument = cursor.tokens().slice(cursor.at() + 1, close);
    if (runs(argument)) {
      return Expression.running(name + "(", expressions.inside(cursor.at() + 1, close));
    }
    cursor.moveTo(close + 1);
    return Expression.variable(name + "(" + argument.joined() + ")");
  }

  /** Whether a running index occurs, or may. */
  private boolean runs(Tokens part) {
    if (indices.isEmpty()) {
      return false;
    }
    budget.spend(1 + (long) part.size() * indices.size() / COMPARED);
    for (int i = 0; i < part.size(); i++) {
      String text = part.get(i).text();
      if (part.is(i, Token.Kind.LETTER)
          ? indices.contains(text)
          : part.is(i, Token.Kind.TEXT) && indices.stream().anyMatch(text::contains)) {
        return true;
      }
    }
    return false;
  }

  /**
   * A letter with its indices and primes: an atom, or one for each value of an index that runs.
   *
   * @throws Unreadable where an index runs that is more than a sum of letters and numbers: a_{ij}
   *     has two, a_{2k} may have
   */
  Expression symbol(String name) {
    StringBuilder full = new StringBuilder(name);
    Expression running = null;
    while (cursor.here("_") || cursor.here("'")) {
      if (running != null) {
        throw new Unreadable("more behind an index that runs");
      }
      if (cursor.take("'")) {
        full.append('\'');
        continue;
      }
      cursor.next();
      if (cursor.atEnd()) {
        throw new Unreadable("an index without a text");
      }
      int close = cursor.here("{") ? cursor.tokens().partner(cursor.at()) : -1;
      int from = close > 0 ? cursor.at() + 1 : cursor.at();
      int to = close > 0 ? close : cursor.at() + 1;
      Tokens index = cursor.tokens().slice(from, to);
      full.append('_');
      if (runs(index)) {
        requireSum(index);
        running = expressions.inside(from, to);
      } else {
        full.append(index.joined());
      }
      cursor.moveTo(close > 0 ? close + 1 : to);
    }
    return running == null
        ? Expression.variable(full.toString())
        : Expression.running(full.toString(), running);
  }

  private static void requireSum(Tokens index) {
    for (int i = 0; i < index.size(); i++) {
      boolean sign = index.is(i, "+") || index.is(i, "-");
      boolean term = index.is(i, Token.Kind.LETTER) || index.is(i, Token.Kind.NUMBER);
      boolean behindTerm = index.is(i - 1, Token.Kind.LETTER) || index.is(i - 1, Token.Kind.NUMBER);
      if (!sign && (!term || behindTerm)) {
        throw new Unreadable("several indices");
      }
    }
  }

  Expression accented(String accent) {
    int start = cursor.at();
    int close = cursor.here("{") ? cursor.tokens().partner(cursor.at()) : cursor.at();
    if (close < 0 || close >= cursor.end()) {
      throw new Unreadable(accent);
    }
    Tokens inner = cursor.tokens().slice(start, close + 1);
    if (runs(inner)) {
      throw new Unreadable("an accent over an index that runs");
    }
    String content = inner.joined();
    cursor.moveTo(close + 1);
    boolean conjugate = accent.equals("\\bar") || accent.equals("\\overline");
    if (conjugate && (content.equals("z") || content.equals("w"))) {
      return Expression.apply(Function.CONJUGATE, Expression.variable(content));
    }
    return symbol(accent + " " + content);
  }
}

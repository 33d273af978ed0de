package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.expression.Equivalence.Outcome;
import io.capoflow.verifiers.expression.Expression;
import io.capoflow.verifiers.expression.NoValue;
import io.capoflow.verifiers.expression.Rational;
import io.capoflow.verifiers.reading.Answer.Equation;
import io.capoflow.verifiers.reading.Answer.Intervals;
import io.capoflow.verifiers.reading.Answer.Parsed;
import io.capoflow.verifiers.reading.Answer.Scalar;
import io.capoflow.verifiers.reading.Answer.Sequence;
import io.capoflow.verifiers.reading.Answer.Solution;
import io.capoflow.verifiers.reading.Answer.Span;
import io.capoflow.verifiers.reading.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads tokens as one answer (VERIFY_SPEC.md, 3). What it cannot read is {@link Answer.Opaque}. */
public final class AnswerReader {
  private static final Set<String> ORDER = Set.of("<", "≤", ">", "≥", "≠");

  /** Tokens that are looked through for all that may divide an answer, for a unit of fuel. */
  private static final int SCANNED = 2;

  private static final Span EVERYWHERE = new Span(Optional.empty(), false, Optional.empty(), false);

  private final Equivalence equivalence;
  private final Budget budget;
  private final Habits habits;

  public AnswerReader(Equivalence equivalence, Budget budget, Habits habits) {
    this.equivalence = equivalence;
    this.budget = budget;
    this.habits = habits;
  }

  /** Whether an answer is an interval with its brackets turned outwards. */
  public static boolean isFrench(List<Token> tokens) {
    return tokens.size() > 3
        && (tokens.get(0).is("]") || tokens.get(tokens.size() - 1).is("["))
        && (tokens.get(0).is("]") || tokens.get(0).is("["))
        && (tokens.get(tokens.size() - 1).is("]") || tokens.get(tokens.size() - 1).is("["));
  }

  public Parsed read(List<Token> tokens) {
    return read(Tokens.of(tokens), 0);
  }

  private Parsed read(Tokens all, int depth) {
    Budget.check(depth <= Budget.DEPTH, "depth");
    budget.spend(1 + all.size() / SCANNED);
    Tokens tokens = trimmed(all);
    Answer answer;
    try {
      answer = answer(tokens, depth);
    } catch (Unreadable e) {
      answer = fallback(tokens);
    } catch (NoValue e) {
      answer = new Answer.Undefined();
    }
    return new Parsed(answer, tokens.joined());
  }

  private static Answer fallback(Tokens tokens) {
    return Folding.words(tokens).<Answer>map(Answer.Words::new).orElseGet(Answer.Opaque::new);
  }

  /** Without a final stop or comma, and without a leading plus, "=" or ":". */
  private static Tokens trimmed(Tokens all) {
    int start = 0;
    int end = all.size();
    while (start < end
        && (all.is(start, "=")
            || all.is(start, ":")
            || (all.is(start, "+") && start + 1 < end && !all.is(start + 1, "+")))) {
      start++;
    }
    while (end > start
        && (all.is(end - 1, ".") || all.is(end - 1, Kind.SEPARATOR) || all.is(end - 1, "\\\\"))) {
      end--;
    }
    Tokens trimmed = start == 0 && end == all.size() ? all : all.slice(start, end);
    while (trimmed.isEnclosed() && trimmed.is(0, "{") && trimmed.size() > 2) {
      trimmed = trimmed.inner();
    }
    return trimmed;
  }

  private Answer answer(Tokens given, int depth) {
    Tokens tokens = given;
    if (tokens.isEmpty()) {
      return new Answer.Opaque();
    }
    if (tokens.size() == 1) {
      return single(tokens);
    }
    if (habits.frenchIntervals() && (tokens.is(0, "]") || tokens.last().is("["))) {
      return frenchUnion(tokens);
    }
    List<Integer> separators = tokens.separators();
    if (!separators.isEmpty()) {
      return several(tokens, separators, depth);
    }
    tokens = beforeApproximation(tokens);
    if (tokens.contains("±") || tokens.contains("∓")) {
      return signs(tokens, depth);
    }
    int in = tokens.indexOf("∈");
    if (in > 0 && isName(tokens.slice(0, in))) {
      return read(tokens.slice(in + 1, tokens.size()), depth + 1).answer();
    }
    if (tokens.indexOf("∨") > 0) {
      return joined(tokens.split("∨"), true, depth);
    }
    if (tokens.indexOf("∧") > 0) {
      return joined(tokens.split("∧"), false, depth);
    }
    if (hasOrder(tokens)) {
      return inequality(tokens);
    }
    List<Tokens> sides = tokens.split("=");
    if (sides.size() > 1) {
      return equation(sides, depth);
    }
    List<Tokens> united = tokens.split("∪");
    if (united.size() > 1) {
      return new Intervals(union(united, depth));
    }
    int without = tokens.indexOf("∖");
    if (without > 0) {
      return difference(tokens.slice(0, without), tokens.slice(without + 1, tokens.size()), depth);
    }
    return unit(tokens, depth);
  }

  private Answer single(Tokens tokens) {
    Token token = tokens.get(0);
    return switch (token.kind()) {
      case NUMBER, LETTER -> scalar(tokens);
      case COMMAND ->
          token.text().equals("\\mathbb{R}") ? new Intervals(List.of(EVERYWHERE)) : scalar(tokens);
      case SYMBOL ->
          token.text().equals("∅") ? new Sequence("\\{", "\\}", List.of()) : new Answer.Opaque();
      case TEXT, CURRENCY, SEPARATOR -> fallback(tokens);
    };
  }

  /** Nothing but one thing: brackets, a matrix, a ratio, a numeral in a base, a number, words. */
  private Answer unit(Tokens tokens, int depth) {
    Optional<Answer> matrix = matrix(tokens, depth);
    if (matrix.isPresent()) {
      return matrix.get();
    }
    if (tokens.isEnclosed()) {
      Optional<Answer> enclosed = enclosed(tokens, depth);
      if (enclosed.isPresent()) {
        return enclosed.get();
      }
    }
    if (isInfinite(tokens)) {
      return new Answer.Opaque();
    }
    Optional<Answer> numeral = BaseNumerals.read(tokens);
    if (numeral.isPresent()) {
      return numeral.get();
    }
    List<Tokens> terms = tokens.split(":");
    return terms.size() > 1 ? ratio(terms) : scalar(tokens);
  }

  private Optional<Answer> enclosed(Tokens tokens, int depth) {
    Tokens inner = tokens.inner();
    String open = tokens.get(0).text();
    String close = tokens.last().text();
    if (open.equals("\\{")) {
      return Optional.of(set(inner, depth));
    }
    if (open.startsWith("\\begin")) {
      return Optional.empty();
    }
    List<Integer> separators = inner.separators();
    if (separators.isEmpty()) {
      boolean plain = open.equals("(") && close.equals(")");
      if (open.equals("⟨")) {
        return Optional.of(sequence(open, close, List.of(inner), depth));
      }
      return plain ? Optional.of(insideBrackets(inner, tokens, depth)) : Optional.empty();
    }
    List<Tokens> items = inner.split(separators);
    boolean square = open.equals("[") || close.equals("]");
    if (items.size() == 2 && !open.equals("⟨")) {
      boolean infinite = isInfinite(items.get(0)) || isInfinite(items.get(1));
      if (square || infinite) {
        return Optional.of(new Intervals(List.of(span(open, items, close))));
      }
    }
    return Optional.of(sequence(open, close, items, depth));
  }

  /** "(3)" is 3, and "(x+1)" an expression; a list in round brackets is a tuple. */
  private Answer insideBrackets(Tokens inner, Tokens whole, int depth) {
    // Brackets around brackets are taken off together: what is in them is read once.
    Tokens innermost = inner;
    int level = depth + 1;
    while (isBracketed(innermost)) {
      innermost = innermost.inner();
      level++;
    }
    Answer answer = read(innermost, level).answer();
    return answer instanceof Scalar ? scalar(whole) : answer;
  }

  /** In round brackets, and no tuple or matrix. */
  private static boolean isBracketed(Tokens tokens) {
    return tokens.size() > 2
        && tokens.isEnclosed()
        && tokens.is(0, "(")
        && tokens.last().is(")")
        && !tokens.is(tokens.size() - 2, Kind.COMMAND)
        && tokens.inner().separators().isEmpty();
  }

  private Answer set(Tokens inner, int depth) {
    if (inner.isEmpty()) {
      return new Sequence("\\{", "\\}", List.of());
    }
    for (String such : new String[] {"|", ":"}) {
      int bar = inner.indexOf(such);
      if (bar > 0) {
        Tokens named = inner.slice(0, bar);
        int in = named.indexOf("∈");
        if (isName(in > 0 ? named.slice(0, in) : named)) {
          return read(inner.slice(bar + 1, inner.size()), depth + 1).answer();
        }
      }
    }
    return sequence("\\{", "\\}", inner.split(inner.separators()), depth);
  }

  private Answer sequence(String open, String close, List<Tokens> items, int depth) {
    Budget.check(items.size() <= Budget.LIST, "list");
    List<Parsed> parsed = new ArrayList<>(items.size());
    for (Tokens item : items) {
      if (item.isEmpty()) {
        return new Answer.Opaque();
      }
      Parsed one = read(item, depth + 1);
      if (one.answer() instanceof Answer.Undefined) {
        return one.answer();
      }
      boolean spread =
          one.answer() instanceof Sequence inner
              && inner.open().isEmpty()
              && (open.isEmpty() || open.equals("\\{"));
      if (spread) {
        parsed.addAll(((Sequence) one.answer()).items());
      } else {
        parsed.add(one);
      }
    }
    Budget.check(parsed.size() <= Budget.LIST, "list");
    return new Sequence(open, close, List.copyOf(parsed));
  }

  /** A bare list; conditions on one variable joined by "or" or "and" are one set. */
  private Answer several(Tokens tokens, List<Integer> separators, int depth) {
    List<Tokens> items = new ArrayList<>();
    for (Tokens item : tokens.split(separators)) {
      if (!item.isEmpty()) { // "1, 2, and 3": two separators in a row are one
        items.add(item);
      } else if (separators.size() == 1) {
        throw new Unreadable("a list with a gap");
      }
    }
    boolean conjunction = true;
    boolean alternative = false;
    boolean ordered = true;
    for (int separator : separators) {
      String text = tokens.get(separator).text();
      conjunction &= text.equals("and");
      alternative |= text.equals("or");
    }
    for (Tokens item : items) {
      ordered &= hasOrder(item) || item.contains("∪");
    }
    if (ordered && (conjunction || alternative || items.size() > 1)) {
      return joined(items, !conjunction, depth);
    }
    return sequence("", "", items, depth);
  }

  /** Conditions on one variable, either or all of them. */
  private Answer joined(List<Tokens> parts, boolean either, int depth) {
    Budget.check(parts.size() <= Budget.LIST, "list");
    String variable = null;
    List<Span> spans = new ArrayList<>();
    boolean first = true;
    for (Tokens part : parts) {
      Answer answer = read(part, depth + 1).answer();
      Intervals where;
      if (answer instanceof Answer.Inequality one && one.solved().isPresent()) {
        Solution solution = one.solved().get();
        if (variable != null && !variable.equals(solution.variable())) {
          return sequence("", "", parts, depth);
        }
        variable = solution.variable();
        where = solution.where();
      } else if (answer instanceof Equation equation
          && equation.name().isPresent()
          && equation.value().answer() instanceof Scalar point) {
        if (variable != null && !variable.equals(equation.name().get())) {
          return sequence("", "", parts, depth);
        }
        variable = equation.name().get();
        where = point(point);
      } else if (answer instanceof Intervals intervals) {
        where = intervals;
      } else {
        return sequence("", "", parts, depth);
      }
      if (either || first) {
        spans.addAll(where.spans());
      } else {
        spans = Spans.intersection(spans, where.spans(), equivalence);
      }
      first = false;
    }
    Intervals all = new Intervals(List.copyOf(spans));
    return variable == null
        ? all
        : new Answer.Inequality(List.of(), List.of(), Optional.of(new Solution(variable, all)));
  }

  private static Intervals point(Scalar value) {
    return new Intervals(List.of(new Span(Optional.of(value), true, Optional.of(value), true)));
  }

  private List<Span> union(List<Tokens> parts, int depth) {
    Budget.check(parts.size() <= Budget.LIST, "list");
    List<Span> spans = new ArrayList<>();
    for (Tokens part : parts) {
      Answer answer = read(part, depth + 1).answer();
      if (answer instanceof Intervals intervals) {
        spans.addAll(intervals.spans());
      } else if (answer instanceof Sequence sequence && sequence.type().equals("Set")) {
        for (Parsed item : sequence.items()) {
          spans.addAll(point(scalarOf(item)).spans());
        }
      } else {
        spans.add(
            Spans.ofPair(answer).orElseThrow(() -> new Unreadable("a union of other things")));
      }
    }
    return List.copyOf(spans);
  }

  private static Scalar scalarOf(Parsed item) {
    if (item.answer() instanceof Scalar scalar) {
      return scalar;
    }
    throw new Unreadable("a point that is no number");
  }

  /** An interval without some points. */
  private Answer difference(Tokens from, Tokens without, int depth) {
    List<Span> spans = union(List.of(from), depth);
    Answer removed = read(without, depth + 1).answer();
    if (!(removed instanceof Sequence points) || !points.type().equals("Set")) {
      throw new Unreadable("a difference of other things");
    }
    for (Parsed item : points.items()) {
      spans = Spans.intersection(spans, Spans.except(scalarOf(item)), equivalence);
    }
    return new Intervals(List.copyOf(spans));
  }

  private Answer frenchUnion(Tokens tokens) {
    List<Span> spans = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= tokens.size(); i++) {
      if (i == tokens.size() || tokens.get(i).is("∪")) {
        Tokens part = tokens.slice(start, i);
        if (part.size() < 5) {
          throw new Unreadable("an interval");
        }
        Tokens inner = part.inner();
        List<Integer> separators = new ArrayList<>();
        for (int j = 0; j < inner.size(); j++) {
          if (inner.is(j, Kind.SEPARATOR)) {
            separators.add(j);
          }
        }
        if (separators.size() != 1) {
          throw new Unreadable("an interval");
        }
        String open = part.get(0).is("[") ? "[" : "(";
        String close = part.last().is("]") ? "]" : ")";
        spans.add(span(open, inner.split(separators), close));
        start = i + 1;
      }
    }
    return new Intervals(List.copyOf(spans));
  }

  private Span span(String open, List<Tokens> ends, String close) {
    Optional<Scalar> low = end(ends.get(0), true);
    Optional<Scalar> high = end(ends.get(1), false);
    return new Span(
        low, open.equals("[") && low.isPresent(), high, close.equals("]") && high.isPresent());
  }

  private Optional<Scalar> end(Tokens tokens, boolean low) {
    if (isInfinite(tokens)) {
      if (low != tokens.is(0, "-")) {
        throw new Unreadable("an interval that ends before it begins");
      }
      return Optional.empty();
    }
    return Optional.of(scalar(tokens));
  }

  private static boolean isInfinite(Tokens tokens) {
    int last = tokens.size() - 1;
    return last >= 0
        && last <= 1
        && tokens.is(last, "∞")
        && (last == 0 || tokens.is(0, "-") || tokens.is(0, "+"));
  }

  /** What stands left of "≈" is exact. */
  private static Tokens beforeApproximation(Tokens tokens) {
    int at = tokens.indexOf("≈");
    return at > 0 ? tokens.slice(0, at) : tokens;
  }

  /** Every choice of the signs; "∓" is the other than the first "±". */
  private Answer signs(Tokens tokens, int depth) {
    List<Token> list = tokens.list();
    int count = 0;
    for (Token token : list) {
      count += token.is("±") ? 1 : 0;
    }
    Budget.check(count <= Budget.SIGNS, "signs");
    count = Math.max(count, 1);
    List<Parsed> items = new ArrayList<>();
    for (int choice = 0; choice < 1 << count; choice++) {
      List<Token> chosen = new ArrayList<>(list.size());
      int sign = 0;
      for (Token token : list) {
        if (token.is("±")) {
          boolean minus = (choice >> sign & 1) == 1;
          sign++;
          chosen.add(new Token(Kind.SYMBOL, minus ? "-" : "+", token.spaced()));
        } else if (token.is("∓")) {
          chosen.add(new Token(Kind.SYMBOL, (choice & 1) == 1 ? "+" : "-", token.spaced()));
        } else {
          chosen.add(token);
        }
      }
      Parsed item = read(Tokens.of(chosen), depth + 1);
      if (item.answer() instanceof Answer.Undefined) {
        return item.answer();
      }
      items.add(item);
    }
    return new Sequence("", "", List.copyOf(items));
  }

  private static boolean hasOrder(Tokens tokens) {
    for (int i = 0; i < tokens.size(); i = tokens.next(i)) {
      Token token = tokens.get(i);
      if (token.kind() == Kind.SYMBOL && ORDER.contains(token.text())) {
        return true;
      }
    }
    return false;
  }

  private Answer inequality(Tokens tokens) {
    List<Integer> at = new ArrayList<>();
    List<String> signs = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i = tokens.next(i)) {
      Token token = tokens.get(i);
      if (token.kind() == Kind.SYMBOL && (ORDER.contains(token.text()) || token.is("="))) {
        at.add(i);
        signs.add(token.text());
      }
    }
    List<Expression> sides = new ArrayList<>();
    List<Tokens> parts = tokens.split(at);
    for (Tokens part : parts) {
      sides.add(isInfinite(part) ? infinity(part) : ExpressionParser.whole(part, budget));
    }
    return Inequalities.of(sides, signs, equivalence);
  }

  private static Expression infinity(Tokens part) {
    return part.is(0, "-")
        ? Expression.of(Expression.Kind.NEGATION, Expression.INFINITY)
        : Expression.INFINITY;
  }

  private Answer equation(List<Tokens> given, int depth) {
    List<Tokens> sides = given;
    for (Tokens side : sides) {
      if (side.isEmpty()) {
        return new Answer.Opaque();
      }
    }
    boolean reversed = sides.size() == 2 && isName(sides.get(1)) && !isName(sides.get(0));
    if (reversed) {
      sides = List.of(sides.get(1), sides.get(0));
    }
    Parsed value = read(sides.get(sides.size() - 1), depth + 1);
    if (value.answer() instanceof Answer.Undefined) {
      return value.answer();
    }
    Optional<String> name =
        isName(sides.get(0)) ? Optional.of(sides.get(0).joined()) : Optional.empty();
    List<Expression> expressions = new ArrayList<>();
    try {
      for (Tokens side : sides) {
        expressions.add(ExpressionParser.whole(side, budget));
      }
    } catch (Unreadable e) {
      return new Equation(name, value, Optional.empty(), false);
    }
    boolean identity = true;
    for (int i = name.isPresent() ? 2 : 1; i < expressions.size(); i++) {
      identity &=
          equivalence.compare(expressions.get(i - 1), expressions.get(i)).outcome()
              == Outcome.EQUAL;
    }
    if (name.isPresent() && !identity) {
      return new Answer.Opaque(); // x = 2 = 3 says nothing
    }
    boolean same = name.isEmpty() && identity;
    return new Equation(
        name, value, Optional.of(Expression.minus(expressions.get(0), expressions.get(1))), same);
  }

  /** x, x_1, f(x), AB, (a, b): what may stand left of "=" without being part of an equation. */
  private static boolean isName(Tokens side) {
    boolean letters = false;
    boolean upper = true;
    int names = 0;
    boolean applied = false;
    for (int i = 0; i < side.size(); i++) {
      Token token = side.get(i);
      boolean index =
          i > 0 && (side.is(i - 1, "_") || (side.is(i - 1, "{") && side.is(i - 2, "_")));
      switch (token.kind()) {
        case LETTER -> {
          if (!index) {
            letters = true;
            names += side.is(i - 1, Kind.LETTER) ? 1 : 0;
            upper &= Character.isUpperCase(token.text().charAt(0));
            boolean constant = token.text().equals("e") || token.text().equals("i");
            if (constant && side.size() == 1) {
              return false;
            }
          }
        }
        case TEXT -> letters = true;
        case SEPARATOR -> applied = true;
        case NUMBER -> {
          if (!index && !side.is(i - 1, "(") && !side.is(i - 1, Kind.SEPARATOR)) {
            return false;
          }
        }
        case SYMBOL -> {
          switch (token.text()) {
            case "(", ")" -> applied = true;
            case "{", "}", "_", "'", "|" -> {}
            case "[", "]" -> applied = true;
            default -> {
              return false;
            }
          }
        }
        case COMMAND -> {
          switch (token.text()) {
            case "\\angle",
                "\\triangle",
                "\\overline",
                "\\vec",
                "\\hat",
                "\\bar",
                "\\measuredangle" ->
                applied = true;
            default -> {
              return false;
            }
          }
        }
        case CURRENCY -> {
          return false;
        }
      }
    }
    return letters && (names == 0 || upper || applied);
  }

  private Answer ratio(List<Tokens> terms) {
    Budget.check(terms.size() <= Budget.LIST, "list");
    List<Scalar> values = new ArrayList<>();
    for (Tokens term : terms) {
      if (term.isEmpty()) {
        return new Answer.Opaque();
      }
      Scalar value = scalar(term);
      if (value.value().isPresent() && value.value().get().isZero()) {
        return new Answer.Opaque();
      }
      values.add(value);
    }
    return new Answer.Ratio(List.copyOf(values));
  }

  private Optional<Answer> matrix(Tokens given, int depth) {
    Tokens tokens = given;
    int end = tokens.size();
    boolean transposed = false;
    if (end > 2 && tokens.is(end - 2, "^") && isTransposition(tokens.get(end - 1))) {
      transposed = true;
      end -= 2;
    } else if (end > 4
        && tokens.is(end - 4, "^")
        && tokens.is(end - 3, "{")
        && isTransposition(tokens.get(end - 2))) {
      transposed = true;
      end -= 4;
    }
    tokens = tokens.slice(0, end);
    int open = end - 1;
    if (end < 2) {
      return Optional.empty();
    }
    Token last = tokens.last();
    if (transposed && (last.is(")") || last.is("]"))) {
      return tokens.isEnclosed() ? enclosed(tokens, depth) : Optional.empty();
    }
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
        Parsed parsed = read(cell, depth + 1);
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
            Expression.of(Expression.Kind.PRODUCT, scale, scalarOf(cell).expression());
        cells.add(new Parsed(plain(product), plain.joined() + " " + cell.tokens()));
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

  private Scalar plain(Expression expression) {
    return new Scalar(
        expression, exact(expression), Optional.empty(), false, Optional.empty(), false);
  }

  private Optional<Rational> exact(Expression expression) {
    return expression.isClosed() ? equivalence.exact(expression) : Optional.empty();
  }

  private Scalar scalar(Tokens tokens) {
    return new ScalarReader(equivalence, budget, habits).read(tokens);
  }
}

package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.expression.NoValue;
import io.capoflow.verifiers.reading.Answer.Intervals;
import io.capoflow.verifiers.reading.Answer.Parsed;
import io.capoflow.verifiers.reading.Answer.Scalar;
import io.capoflow.verifiers.reading.Answer.Sequence;
import io.capoflow.verifiers.reading.Answer.Span;
import io.capoflow.verifiers.reading.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads tokens as one answer (docs/verification-spec.md, 3 to 5). What it cannot read is {@link
 * Answer.Opaque}.
 */
public final class AnswerReader {
  /** Tokens that are looked through for all that may divide an answer, for a unit of fuel. */
  private static final int SCANNED = 2;

  private static final Span EVERYWHERE = new Span(Optional.empty(), false, Optional.empty(), false);

  private final Budget budget;
  private final Habits habits;
  private final ScalarReader scalars;
  private final EquationReader equations;
  private final ConditionReader conditions;
  private final IntervalReader intervals;
  private final MatrixReader matrices;

  public AnswerReader(Equivalence equivalence, Budget budget, Habits habits) {
    this.budget = budget;
    this.habits = habits;
    scalars = new ScalarReader(equivalence, budget, habits);
    Reading reading = this::read;
    equations = new EquationReader(reading, equivalence, budget);
    conditions = new ConditionReader(reading, scalars, equivalence, budget);
    intervals = new IntervalReader(reading, scalars, equivalence);
    matrices = new MatrixReader(reading, scalars, budget);
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
      return intervals.frenchUnion(tokens);
    }
    List<Integer> separators = tokens.separators();
    if (!separators.isEmpty()) {
      return several(tokens, separators, depth);
    }
    tokens = beforeApproximation(tokens);
    if (SignChoices.occur(tokens)) {
      return signs(tokens, depth);
    }
    int in = tokens.indexOf("∈");
    if (in > 0 && Names.is(tokens.slice(0, in))) {
      return read(tokens.slice(in + 1, tokens.size()), depth + 1).answer();
    }
    if (tokens.indexOf("∨") > 0) {
      return joined(tokens.split("∨"), true, depth);
    }
    if (tokens.indexOf("∧") > 0) {
      return joined(tokens.split("∧"), false, depth);
    }
    if (ConditionReader.hasOrder(tokens)) {
      return conditions.inequality(tokens);
    }
    List<Tokens> sides = tokens.split("=");
    if (sides.size() > 1) {
      return equations.read(sides, depth);
    }
    List<Tokens> united = tokens.split("∪");
    if (united.size() > 1) {
      return new Intervals(intervals.union(united, depth));
    }
    int without = tokens.indexOf("∖");
    if (without > 0) {
      return intervals.difference(
          tokens.slice(0, without), tokens.slice(without + 1, tokens.size()), depth);
    }
    return unit(tokens, depth);
  }

  private Answer single(Tokens tokens) {
    Token token = tokens.get(0);
    return switch (token.kind()) {
      case NUMBER, LETTER -> scalars.read(tokens);
      case COMMAND ->
          token.text().equals("\\mathbb{R}")
              ? new Intervals(List.of(EVERYWHERE))
              : scalars.read(tokens);
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
    if (Infinities.is(tokens)) {
      return new Answer.Opaque();
    }
    Optional<Answer> numeral = BaseNumerals.read(tokens);
    if (numeral.isPresent()) {
      return numeral.get();
    }
    List<Tokens> terms = tokens.split(":");
    return terms.size() > 1 ? ratio(terms) : scalars.read(tokens);
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
      boolean infinite = Infinities.is(items.get(0)) || Infinities.is(items.get(1));
      if (square || infinite) {
        return Optional.of(new Intervals(List.of(intervals.span(open, items, close))));
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
    return answer instanceof Scalar ? scalars.read(whole) : answer;
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
        if (Names.is(in > 0 ? named.slice(0, in) : named)) {
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
      ordered &= ConditionReader.hasOrder(item) || item.contains("∪");
    }
    if (ordered && (conjunction || alternative || items.size() > 1)) {
      return joined(items, !conjunction, depth);
    }
    return sequence("", "", items, depth);
  }

  /** Conditions on one variable, either or all of them; else a list. */
  private Answer joined(List<Tokens> parts, boolean either, int depth) {
    return conditions.joined(parts, either, depth).orElseGet(() -> sequence("", "", parts, depth));
  }

  private Answer signs(Tokens tokens, int depth) {
    List<Parsed> items = new ArrayList<>();
    for (Tokens chosen : SignChoices.of(tokens)) {
      Parsed item = read(chosen, depth + 1);
      if (item.answer() instanceof Answer.Undefined) {
        return item.answer();
      }
      items.add(item);
    }
    return new Sequence("", "", List.copyOf(items));
  }

  /** What stands left of "≈" is exact. */
  private static Tokens beforeApproximation(Tokens tokens) {
    int at = tokens.indexOf("≈");
    return at > 0 ? tokens.slice(0, at) : tokens;
  }

  private Answer ratio(List<Tokens> terms) {
    Budget.check(terms.size() <= Budget.LIST, "list");
    List<Scalar> values = new ArrayList<>();
    for (Tokens term : terms) {
      if (term.isEmpty()) {
        return new Answer.Opaque();
      }
      Scalar value = scalars.read(term);
      if (value.value().isPresent() && value.value().get().isZero()) {
        return new Answer.Opaque();
      }
      values.add(value);
    }
    return new Answer.Ratio(List.copyOf(values));
  }

  private Optional<Answer> matrix(Tokens given, int depth) {
    Tokens tokens = MatrixReader.withoutTransposition(given);
    if (tokens.size() < 2) {
      return Optional.empty();
    }
    boolean transposed = tokens.size() < given.size();
    boolean row = tokens.last().is(")") || tokens.last().is("]");
    if (transposed && row) {
      return tokens.isEnclosed() ? enclosed(tokens, depth) : Optional.empty();
    }
    return matrices.read(tokens, transposed, depth);
  }
}

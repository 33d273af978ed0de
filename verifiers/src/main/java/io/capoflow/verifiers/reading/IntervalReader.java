package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.reading.Answer.Intervals;
import io.capoflow.verifiers.reading.Answer.Parsed;
import io.capoflow.verifiers.reading.Answer.Scalar;
import io.capoflow.verifiers.reading.Answer.Sequence;
import io.capoflow.verifiers.reading.Answer.Span;
import io.capoflow.verifiers.reading.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads intervals, their unions, and intervals without some points. */
final class IntervalReader {
  private final Reading reading;
  private final ScalarReader scalars;
  private final Equivalence equivalence;

  IntervalReader(Reading reading, ScalarReader scalars, Equivalence equivalence) {
    this.reading = reading;
    this.scalars = scalars;
    this.equivalence = equivalence;
  }

  Span span(String open, List<Tokens> ends, String close) {
    Optional<Scalar> low = end(ends.get(0), true);
    Optional<Scalar> high = end(ends.get(1), false);
    return new Span(
        low, open.equals("[") && low.isPresent(), high, close.equals("]") && high.isPresent());
  }

  private Optional<Scalar> end(Tokens tokens, boolean low) {
    if (Infinities.is(tokens)) {
      if (low != tokens.is(0, "-")) {
        throw new Unreadable("an interval that ends before it begins");
      }
      return Optional.empty();
    }
    return Optional.of(scalars.read(tokens));
  }

  List<Span> union(List<Tokens> parts, int depth) {
    Budget.check(parts.size() <= Budget.LIST, "list");
    List<Span> spans = new ArrayList<>();
    for (Tokens part : parts) {
      Answer answer = reading.read(part, depth + 1).answer();
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

  /** An interval without some points. */
  Answer difference(Tokens from, Tokens without, int depth) {
    List<Span> spans = union(List.of(from), depth);
    Answer removed = reading.read(without, depth + 1).answer();
    if (!(removed instanceof Sequence points) || !points.type().equals("Set")) {
      throw new Unreadable("a difference of other things");
    }
    for (Parsed item : points.items()) {
      spans = Spans.intersection(spans, Spans.except(scalarOf(item)), equivalence);
    }
    return new Intervals(List.copyOf(spans));
  }

  Answer frenchUnion(Tokens tokens) {
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

  static Intervals point(Scalar value) {
    return new Intervals(List.of(new Span(Optional.of(value), true, Optional.of(value), true)));
  }

  static Scalar scalarOf(Parsed item) {
    if (item.answer() instanceof Scalar scalar) {
      return scalar;
    }
    throw new Unreadable("a point that is no number");
  }
}

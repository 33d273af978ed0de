package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.expression.Equivalence.Outcome;
import io.capoflow.verifiers.reading.Answer.Scalar;
import io.capoflow.verifiers.reading.Answer.Sequence;
import io.capoflow.verifiers.reading.Answer.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What intervals do to one another. Ends that are no real numbers are not put in order. */
public final class Spans {
  private Spans() {}

  /** The open interval that a pair in round brackets may be. */
  public static Optional<Span> ofPair(Answer answer) {
    if (answer instanceof Sequence pair
        && pair.open().equals("(")
        && pair.items().size() == 2
        && pair.items().get(0).answer() instanceof Scalar low
        && pair.items().get(1).answer() instanceof Scalar high) {
      return Optional.of(new Span(Optional.of(low), false, Optional.of(high), false));
    }
    return Optional.empty();
  }

  /** Everywhere but at one point. */
  static List<Span> except(Scalar point) {
    return List.of(
        new Span(Optional.empty(), false, Optional.of(point), false),
        new Span(Optional.of(point), false, Optional.empty(), false));
  }

  /** Below 0 where the first value lies left of the second; not a number where that is unknown. */
  private static double order(Scalar one, Scalar other, Equivalence equivalence) {
    if (one.value().isPresent() && other.value().isPresent()) {
      return one.value().get().compareTo(other.value().get());
    }
    if (equivalence.compare(one.expression(), other.expression()).outcome() == Outcome.EQUAL) {
      return 0;
    }
    return equivalence.estimate(one.expression()) - equivalence.estimate(other.expression());
  }

  static List<Span> intersection(List<Span> one, List<Span> other, Equivalence equivalence) {
    List<Span> common = new ArrayList<>();
    for (Span left : one) {
      for (Span right : other) {
        intersection(left, right, equivalence).ifPresent(common::add);
      }
    }
    return common;
  }

  private static Optional<Span> intersection(Span one, Span other, Equivalence equivalence) {
    Optional<Scalar> low = one.low();
    boolean lowIncluded = one.lowIncluded();
    if (low.isEmpty() || other.low().isPresent()) {
      double order = low.isEmpty() ? -1 : order(low.get(), other.low().get(), equivalence);
      if (order < 0) {
        low = other.low();
        lowIncluded = other.lowIncluded();
      } else if (order == 0) {
        lowIncluded &= other.lowIncluded();
      } else if (Double.isNaN(order)) {
        throw new Unreadable("ends without an order");
      }
    }
    Optional<Scalar> high = one.high();
    boolean highIncluded = one.highIncluded();
    if (high.isEmpty() || other.high().isPresent()) {
      double order = high.isEmpty() ? 1 : order(high.get(), other.high().get(), equivalence);
      if (order > 0) {
        high = other.high();
        highIncluded = other.highIncluded();
      } else if (order == 0) {
        highIncluded &= other.highIncluded();
      } else if (Double.isNaN(order)) {
        throw new Unreadable("ends without an order");
      }
    }
    if (low.isPresent() && high.isPresent()) {
      double order = order(low.get(), high.get(), equivalence);
      if (order > 0 || (order == 0 && !(lowIncluded && highIncluded))) {
        return Optional.empty();
      }
    }
    return Optional.of(new Span(low, lowIncluded, high, highIncluded));
  }

  /**
   * From left to right, with neighbours that touch made one; as they are where an end has no order.
   */
  public static List<Span> merged(List<Span> spans, Equivalence equivalence) {
    if (spans.size() < 2) {
      return spans;
    }
    for (Span span : spans) {
      boolean ordered = isReal(span.low(), equivalence) && isReal(span.high(), equivalence);
      if (!ordered) {
        return spans;
      }
    }
    List<Span> sorted = new ArrayList<>(spans);
    sorted.sort((one, other) -> compareLow(one, other, equivalence));
    List<Span> merged = new ArrayList<>();
    Span last = sorted.get(0);
    for (Span next : sorted.subList(1, sorted.size())) {
      if (touches(last, next, equivalence)) {
        last = joined(last, next, equivalence);
      } else {
        merged.add(last);
        last = next;
      }
    }
    merged.add(last);
    return merged;
  }

  private static boolean isReal(Optional<Scalar> end, Equivalence equivalence) {
    return end.isEmpty()
        || end.get().value().isPresent()
        || (end.get().expression().isClosed()
            && !Double.isNaN(equivalence.estimate(end.get().expression())));
  }

  private static int compareLow(Span one, Span other, Equivalence equivalence) {
    if (one.low().isEmpty() || other.low().isEmpty()) {
      return Boolean.compare(one.low().isPresent(), other.low().isPresent());
    }
    double order = order(one.low().get(), other.low().get(), equivalence);
    return order == 0
        ? Boolean.compare(other.lowIncluded(), one.lowIncluded())
        : (int) Math.signum(order);
  }

  private static boolean touches(Span left, Span right, Equivalence equivalence) {
    if (left.high().isEmpty() || right.low().isEmpty()) {
      return true;
    }
    double order = order(left.high().get(), right.low().get(), equivalence);
    return order > 0 || (order == 0 && (left.highIncluded() || right.lowIncluded()));
  }

  private static Span joined(Span left, Span right, Equivalence equivalence) {
    boolean leftReaches = left.high().isEmpty();
    boolean both = false;
    if (left.high().isPresent() && right.high().isPresent()) {
      double order = order(left.high().get(), right.high().get(), equivalence);
      leftReaches = order > 0;
      both = order == 0;
    }
    if (both) {
      return new Span(
          left.low(), left.lowIncluded(), left.high(), left.highIncluded() || right.highIncluded());
    }
    Span further = leftReaches ? left : right;
    return new Span(left.low(), left.lowIncluded(), further.high(), further.highIncluded());
  }
}

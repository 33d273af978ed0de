package io.capoflow.verifiers.comparison;

import io.capoflow.verifiers.expression.Equivalence;
import io.capoflow.verifiers.reading.Answer.Parsed;
import io.capoflow.verifiers.reading.Answer.Scalar;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/** Compares lists whose order means nothing. */
final class Sets {
  private final Equivalence equivalence;

  Sets(Equivalence equivalence) {
    this.equivalence = equivalence;
  }

  /**
   * Every element of either side has an equal on the other; repetition means nothing.
   *
   * @param agree whether an element of the gold answer and one of the response are equal
   */
  boolean equal(List<Parsed> golds, List<Parsed> responses, BiPredicate<Parsed, Parsed> agree) {
    List<Parsed> gold = distinct(golds);
    List<Parsed> response = distinct(responses);
    Estimate[] expected = estimates(gold);
    Estimate[] given = estimates(response);
    boolean[] matched = new boolean[response.size()];
    for (int i = 0; i < gold.size(); i++) {
      boolean found = false;
      for (int j = 0; j < response.size(); j++) {
        if (expected[i].mayAgree(given[j]) && agree.test(gold.get(i), response.get(j))) {
          found = true;
          matched[j] = true;
        }
      }
      if (!found) {
        return false;
      }
    }
    for (boolean each : matched) {
      if (!each) {
        return false;
      }
    }
    return true;
  }

  /** Without what is written like an element before it. */
  private static List<Parsed> distinct(List<Parsed> items) {
    Map<String, Parsed> distinct = new LinkedHashMap<>();
    for (Parsed item : items) {
      distinct.putIfAbsent(item.tokens(), item);
    }
    return List.copyOf(distinct.values());
  }

  /**
   * The value of a plain number, by which most pairs need no closer look.
   *
   * @param value not a number where only a closer look can tell
   * @param unit what the last digit of a decimal counts; 0 for any other number
   */
  private record Estimate(double value, double unit) {
    static final Estimate NONE = new Estimate(Double.NaN, 0);

    boolean mayAgree(Estimate other) {
      return Double.isNaN(value)
          || Double.isNaN(other.value)
          || Math.abs(value - other.value)
              <= 1e-6 * (1 + Math.max(Math.abs(value), Math.abs(other.value)))
                  + 2 * (unit + other.unit);
    }
  }

  private Estimate[] estimates(List<Parsed> items) {
    Estimate[] estimates = new Estimate[items.size()];
    for (int i = 0; i < estimates.length; i++) {
      boolean plain =
          items.get(i).answer() instanceof Scalar scalar
              && !scalar.percent()
              && scalar.unit().isEmpty();
      estimates[i] = plain ? estimate((Scalar) items.get(i).answer()) : Estimate.NONE;
    }
    return estimates;
  }

  private Estimate estimate(Scalar plain) {
    double unit = plain.literal().map(literal -> Math.pow(10, -literal.places())).orElse(0.0);
    return new Estimate(equivalence.estimate(plain.expression()), unit);
  }
}

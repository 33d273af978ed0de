package io.capoflow.verifiers;

import io.capoflow.verifiers.Answer.DecimalLiteral;
import io.capoflow.verifiers.Answer.Parsed;
import io.capoflow.verifiers.Answer.Ratio;
import io.capoflow.verifiers.Answer.Scalar;
import io.capoflow.verifiers.Answer.Sequence;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether a response's answer is equivalent to the gold answer, whose type decides how. */
final class Comparison {
  /** Digits that a decimal must show to stand for a fraction whose expansion never ends. */
  private static final int APPROXIMATION_DIGITS = 6;

  private final Budget budget;

  Comparison(Budget budget) {
    this.budget = budget;
  }

  /**
   * A decision.
   *
   * @param route how the two were compared
   */
  record Decision(boolean equal, String route) {}

  Decision decide(Parsed gold, Parsed response) {
    budget.spend(1);
    if (gold.name().isPresent()
        && response.name().isPresent()
        && !gold.name().equals(response.name())) {
      return new Decision(false, "names");
    }
    Answer expected = gold.answer();
    Answer given = response.answer();
    if (expected instanceof Answer.Undefined || given instanceof Answer.Undefined) {
      return new Decision(false, "undefined");
    }
    if (expected instanceof Scalar g && given instanceof Scalar r) {
      return new Decision(equalScalars(g, r), "number");
    }
    if (expected instanceof Sequence g && given instanceof Sequence r) {
      return new Decision(equalSequences(g, r), "elements");
    }
    if (expected instanceof Ratio g && given instanceof Ratio r) {
      return new Decision(proportional(g.terms(), r.terms()), "ratio");
    }
    if (expected instanceof Ratio g && given instanceof Scalar r) {
      return new Decision(equalsFraction(g, r), "ratio");
    }
    if (expected instanceof Scalar g && given instanceof Ratio r) {
      return new Decision(equalsFraction(r, g), "ratio");
    }
    if (expected instanceof Answer.Words g && given instanceof Answer.Words r) {
      return new Decision(g.folded().equals(r.folded()), "text");
    }
    return new Decision(
        !gold.tokens().isEmpty() && gold.tokens().equals(response.tokens()), "tokens");
  }

  private static boolean equalScalars(Scalar gold, Scalar response) {
    if (gold.currency().isPresent()
        && response.currency().isPresent()
        && !gold.currency().equals(response.currency())) {
      return false;
    }
    Rational given = response.value();
    Optional<DecimalLiteral> literal = response.literal();
    if (gold.unit().isPresent() && response.unit().isPresent()) {
      Units.Unit from = response.unit().get();
      Units.Unit to = gold.unit().get();
      if (!from.dimension().equals(to.dimension())) {
        return false;
      }
      if (!from.factor().equals(to.factor())) {
        given = given.times(from.factor()).dividedBy(to.factor());
        literal = Optional.empty();
      }
    }
    if (gold.percent() != response.percent()) {
      Rational hundredth = (gold.percent() ? gold.value() : given).dividedBy(Rational.HUNDRED);
      return gold.value().equals(given) || hundredth.equals(gold.percent() ? given : gold.value());
    }
    return equalValues(gold, given, literal);
  }

  private static boolean equalValues(
      Scalar gold, Rational given, Optional<DecimalLiteral> givenLiteral) {
    if (gold.value().equals(given)) {
      return true;
    }
    Rational difference = gold.value().minus(given).abs();
    if (gold.literal().isPresent()) {
      int places = gold.literal().get().places();
      boolean preciseEnough = givenLiteral.isEmpty() || givenLiteral.get().places() >= places;
      return preciseEnough && difference.compareTo(units(5, places + 1)) <= 0;
    }
    return !gold.value().terminates()
        && givenLiteral.isPresent()
        && givenLiteral.get().significant() >= APPROXIMATION_DIGITS
        && difference.compareTo(units(1, givenLiteral.get().places())) <= 0;
  }

  private static Rational units(long digit, int places) {
    return Rational.decimal(BigInteger.valueOf(digit), places);
  }

  private boolean equalSequences(Sequence gold, Sequence response) {
    if (gold.unordered() && response.unordered()) {
      return equalSets(gold.items(), response.items());
    }
    boolean sameBrackets =
        gold.open().equals(response.open()) && gold.close().equals(response.close());
    boolean bareAgainstTuple =
        (gold.type().equals("Tuple") && response.open().isEmpty())
            || (gold.open().isEmpty() && response.type().equals("Tuple"));
    return (sameBrackets || bareAgainstTuple) && equalInOrder(gold.items(), response.items());
  }

  private boolean equalInOrder(List<Parsed> gold, List<Parsed> response) {
    if (gold.size() != response.size()) {
      return false;
    }
    for (int i = 0; i < gold.size(); i++) {
      if (!decide(gold.get(i), response.get(i)).equal()) {
        return false;
      }
    }
    return true;
  }

  /** Every element of either side has an equal on the other; repetition means nothing. */
  private boolean equalSets(List<Parsed> gold, List<Parsed> response) {
    List<Parsed> unmatched = new ArrayList<>(response);
    for (Parsed expected : gold) {
      if (response.stream().noneMatch(given -> decide(expected, given).equal())) {
        return false;
      }
      unmatched.removeIf(given -> decide(expected, given).equal());
    }
    return unmatched.isEmpty();
  }

  private static boolean proportional(List<Rational> gold, List<Rational> response) {
    if (gold.size() != response.size()) {
      return false;
    }
    Rational scale = response.get(0).dividedBy(gold.get(0));
    for (int i = 1; i < gold.size(); i++) {
      if (!gold.get(i).times(scale).equals(response.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalsFraction(Ratio ratio, Scalar scalar) {
    return ratio.terms().size() == 2
        && !scalar.percent()
        && ratio.terms().get(0).dividedBy(ratio.terms().get(1)).equals(scalar.value());
  }
}

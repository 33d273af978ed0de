package io.capoflow.verifiers.expression;

import static java.util.Objects.requireNonNull;

import io.capoflow.verifiers.expression.Equivalence.Decision;
import io.capoflow.verifiers.expression.Equivalence.Outcome;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether one expression is a constant multiple of another, as the two sides of equations that say
 * the same are: modulo two random primes, or in doubles and at 50 digits at random points.
 */
public final class Proportionality {
  private final Equivalence equivalence;

  public Proportionality(Equivalence equivalence) {
    this.equivalence = requireNonNull(equivalence, "equivalence");
  }

  /**
   * Whether one is a constant multiple of the other, by a constant that is not 0.
   *
   * @param positive whether the constant must be above 0
   */
  public Decision compare(Expression left, Expression right, boolean positive) {
    equivalence.spend(left, right);
    Decision decision;
    try {
      decision = modular(left, right);
    } catch (NoValue e) {
      return new Decision(Outcome.UNDEFINED, "modular");
    } catch (OutOfReach e) {
      decision = sampled(left, right);
    }
    if (decision.outcome() == Outcome.EQUAL && positive && !sameSign(left, right)) {
      return new Decision(Outcome.DIFFERENT, decision.route());
    }
    return decision;
  }

  private Decision modular(Expression left, Expression right) {
    for (int prime = 0; prime < equivalence.randomness().primes(); prime++) {
      Prime modulus = equivalence.randomness().prime(prime);
      long leftHere = equivalence.residue(left, prime, 2);
      long rightHere = equivalence.residue(right, prime, 2);
      long leftThere = equivalence.residue(left, prime, 3);
      long rightThere = equivalence.residue(right, prime, 3);
      if (leftHere == 0 || rightHere == 0) {
        boolean identities = leftHere == rightHere && leftThere == rightThere;
        return new Decision(identities ? Outcome.UNDECIDED : Outcome.DIFFERENT, "modular");
      }
      if (modulus.multiply(leftHere, rightThere) != modulus.multiply(leftThere, rightHere)) {
        return new Decision(Outcome.DIFFERENT, "modular");
      }
    }
    return new Decision(Outcome.EQUAL, "modular");
  }

  private Decision sampled(Expression left, Expression right) {
    List<Real> ratios = new ArrayList<>();
    for (int i = 0; i < Point.SEARCHED && ratios.size() < Equivalence.WANTED; i++) {
      try {
        ratios.add(ratio(left, right, equivalence.general(i)));
        if (ratios.get(ratios.size() - 1).differs(ratios.get(0))) {
          return new Decision(Outcome.DIFFERENT, "numeric");
        }
      } catch (NoValue | OutOfReach e) {
        // Not a good point.
      }
    }
    if (ratios.size() < Equivalence.NEEDED) {
      return new Decision(Outcome.UNDECIDED, "numeric");
    }
    List<Precise> confirmed = new ArrayList<>();
    for (int i = 0; i < Point.SEARCHED && confirmed.size() <= Equivalence.CONFIRMATIONS; i++) {
      Point point = equivalence.general(Point.SEARCHED + i);
      try {
        PreciseArithmetic arithmetic = new PreciseArithmetic(point, equivalence.memory());
        Evaluator<Precise> evaluator =
            new Evaluator<>(arithmetic, point, false, equivalence.budget());
        confirmed.add(arithmetic.divide(evaluator.evaluate(left), evaluator.evaluate(right)));
        if (!confirmed.get(confirmed.size() - 1).agrees(confirmed.get(0))) {
          return new Decision(Outcome.DIFFERENT, "digits");
        }
      } catch (NoValue | OutOfReach e) {
        // Not a good point.
      }
    }
    return confirmed.size() > Equivalence.CONFIRMATIONS && !confirmed.get(0).mayBeZero()
        ? new Decision(Outcome.EQUAL, "digits")
        : new Decision(Outcome.UNDECIDED, "digits");
  }

  private Real ratio(Expression left, Expression right, Point point) {
    RealArithmetic arithmetic = new RealArithmetic(point, equivalence.budget());
    Evaluator<Real> evaluator = new Evaluator<>(arithmetic, point, false, equivalence.budget());
    return arithmetic.divide(evaluator.evaluate(left), evaluator.evaluate(right));
  }

  private boolean sameSign(Expression left, Expression right) {
    for (int i = 0; i < Point.SEARCHED; i++) {
      try {
        Real ratio = ratio(left, right, equivalence.general(i));
        if (!ratio.mayBeZero()) {
          return ratio.value() > 0;
        }
      } catch (NoValue | OutOfReach e) {
        // Not a good point.
      }
    }
    return false;
  }
}

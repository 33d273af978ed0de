package io.capoflow.transforms.vote;

import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.UserMistake;
import java.util.List;
import java.util.Optional;

/** The voting rules that a recipe can name. */
public final class VotingRules {
  /** Names of the built-in rules that take any number of critiques: all but {@code greedy}. */
  public static final List<String> OF_SAMPLED =
      List.of("intersection", "majority", "strict_majority", "union", "average");

  /**
   * The weight from which a step counts as wrong, where somebody must decide by a rule that does
   * not: it is as likely wrong as not.
   */
  public static final double WRONG_FROM = 0.5;

  private static final int TRIED_VOTES = 8;

  private VotingRules() {}

  /** Wrong when all critics say so. */
  public static VotingRule intersection() {
    return new Intersection();
  }

  /** Wrong when at least half of the critics say so. */
  public static VotingRule majority() {
    return new Majority();
  }

  /** Wrong when more than half of the critics say so. */
  public static VotingRule strictMajority() {
    return new StrictMajority();
  }

  /** Wrong when any critic says so. */
  public static VotingRule union() {
    return new Union();
  }

  /** As wrong as the share of the critics that say so. */
  public static VotingRule average() {
    return new Average();
  }

  /** As the only critic says, asked at temperature 0. */
  public static VotingRule greedy() {
    return new Greedy();
  }

  /** The rule of that name, where this process knows it. */
  public static Optional<VotingRule> find(String name) {
    return Optional.ofNullable(Extensions.all(VotingRule.class, VotingRule::name).get(name));
  }

  /**
   * The rule of that name.
   *
   * @throws UserMistake when there is none, or it is not {@linkplain #requireSound sound}
   */
  public static VotingRule named(String name) {
    VotingRule rule = Extensions.named(VotingRule.class, VotingRule::name, "voting rule", name);
    requireSound(rule);
    return rule;
  }

  /**
   * Asks a rule for its needs and tries it on every count of a few votes, before any vote is paid
   * for.
   *
   * @throws UserMistake when it throws, gives no needs, or gives what is no weight
   */
  public static void requireSound(VotingRule rule) {
    needs(rule);
    for (int votes = 1; votes <= TRIED_VOTES; votes++) {
      for (int wrong = 0; wrong <= votes; wrong++) {
        weight(rule, wrong, votes);
      }
    }
  }

  /**
   * The critiques that a rule can count.
   *
   * @throws UserMistake when the rule throws, or gives none
   */
  public static CritiqueNeeds needs(VotingRule rule) {
    CritiqueNeeds needs;
    try {
      needs = rule.needs();
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      throw new UserMistake(
          "voting rule '%s' (%s) threw %s when asked which critiques it needs; mend it"
              .formatted(rule.name(), Extensions.place(rule), e),
          e);
    }
    if (needs == null) {
      throw new UserMistake(
          "voting rule '%s' (%s) gave null when asked which critiques it needs; CritiqueNeeds.any() stands for any"
              .formatted(rule.name(), Extensions.place(rule)));
    }
    return needs;
  }

  /**
   * The weight of a step.
   *
   * @param wrongVotes of the valid critiques, those that call it wrong
   * @param votes valid critiques, at least 1
   * @throws UserMistake when the rule throws, or gives what is no weight: not a number, or outside
   *     [0, 1]
   */
  public static double weight(VotingRule rule, int wrongVotes, int votes) {
    double weight;
    try {
      weight = rule.weight(wrongVotes, votes);
    } catch (RuntimeException | LinkageError | StackOverflowError e) {
      throw new UserMistake(
          "voting rule '%s' (%s) threw %s for %d wrong of %d votes; mend it"
              .formatted(rule.name(), Extensions.place(rule), e, wrongVotes, votes),
          e);
    }
    if (!(weight >= 0 && weight <= 1)) {
      throw new UserMistake(
          "voting rule '%s' (%s) gave %s for %d wrong of %d votes; a weight is a number from 0 to 1"
              .formatted(rule.name(), Extensions.place(rule), weight, wrongVotes, votes));
    }
    return weight;
  }
}

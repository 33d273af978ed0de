package io.capoflow.pipelines.metrics;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.metrics.Figures.Mean;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.StepVotes;
import io.capoflow.transforms.verify.AnswerVerification;
import io.capoflow.worlds.truth.SolutionTruth;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * What an iteration's figures take from one rollout: some hundred bytes, where its rows are many
 * thousand.
 *
 * @param slow its answer took long to verify
 * @param tokens of the response
 * @param cut by the length limit
 * @param credit what training takes from it
 * @param votes where a critic was asked
 * @param truth where it is known
 */
record RolloutFigures(
    String rolloutId,
    String problemId,
    boolean right,
    boolean slow,
    int tokens,
    int steps,
    boolean cut,
    Credit credit,
    Critics critics,
    Optional<Votes> votes,
    Optional<Truth> truth) {
  RolloutFigures {
    requireNonNull(rolloutId, "rolloutId");
    requireNonNull(problemId, "problemId");
    requireNonNull(credit, "credit");
    requireNonNull(critics, "critics");
    requireNonNull(votes, "votes");
    requireNonNull(truth, "truth");
  }

  static RolloutFigures of(JoinedRollout joined) {
    return new RolloutFigures(
        joined.rollout().getRolloutId(),
        joined.rollout().getProblem().getProblemId(),
        joined.right(),
        AnswerVerification.isSlow(joined.verdict().getMicros()),
        joined.tokens(),
        joined.steps(),
        FinishReason.of(joined.rollout()) == FinishReason.LENGTH,
        Credit.of(joined.credited()),
        Critics.of(joined.critiques(), joined.steps()),
        joined.votes().map(Votes::of),
        joined.truth().map(Truth::of));
  }

  /**
   * Credit of its tokens.
   *
   * @param rewards their sum
   * @param advantages their sum
   * @param positive tokens whose advantage is above 0
   * @param tokens that have an advantage
   */
  record Credit(
      double rewards,
      double advantages,
      long positive,
      int tokens,
      boolean inLoss,
      boolean zeroSpread) {
    private static Credit of(CreditedRollout credited) {
      List<Double> advantages = credited.getAdvantages();
      return new Credit(
          sum(credited.getRewards()),
          sum(advantages),
          advantages.stream().filter(value -> value > 0).count(),
          advantages.size(),
          credited.getInLoss(),
          credited.getZeroSpread());
    }

    private static double sum(List<Double> values) {
      return values.stream().mapToDouble(Double::doubleValue).sum();
    }
  }

  /**
   * Its critiques.
   *
   * @param voids how many could not be used
   * @param tokens that critics generated
   * @param promptTokens that they read
   * @param millis that they took
   * @param agreement mean share of the steps of which two of them say the same; empty where no two
   *     can be compared
   * @param overlap mean share of the steps that two call wrong of those that one does; empty as
   *     well
   */
  record Critics(
      int critiques,
      int voids,
      long tokens,
      long promptTokens,
      long millis,
      OptionalDouble agreement,
      OptionalDouble overlap) {
    private static Critics of(List<Critique> critiques, int steps) {
      List<Set<Integer>> valid =
          critiques.stream()
              .filter(critique -> critique.getVoidReason() == null)
              .map(critique -> Set.copyOf(critique.getWrongSteps()))
              .toList();
      Mean alike = new Mean();
      Mean shared = new Mean();
      if (steps > 0) {
        compare(valid, steps, alike, shared);
      }
      return new Critics(
          critiques.size(),
          critiques.size() - valid.size(),
          critiques.stream().mapToLong(Critique::getTokens).sum(),
          critiques.stream().mapToLong(Critique::getPromptTokens).sum(),
          critiques.stream().mapToLong(Critique::getMillis).sum(),
          alike.value(),
          shared.value());
    }

    private static void compare(List<Set<Integer>> valid, int steps, Mean alike, Mean shared) {
      for (int i = 0; i < valid.size(); i++) {
        for (int j = i + 1; j < valid.size(); j++) {
          Set<Integer> both = new HashSet<>(valid.get(i));
          both.retainAll(valid.get(j));
          Set<Integer> either = new HashSet<>(valid.get(i));
          either.addAll(valid.get(j));
          int different = either.size() - both.size();
          alike.add((steps - different) / (double) steps);
          shared.add(either.isEmpty() ? 1 : both.size() / (double) either.size());
        }
      }
    }
  }

  /**
   * What was voted.
   *
   * @param wrong steps that are called wrong by any weight
   */
  record Votes(boolean quorum, long wrong, int steps) {
    private static Votes of(StepVotes votes) {
      return new Votes(
          votes.getQuorum(),
          votes.getSteps().stream().filter(step -> step.getWeight() > 0).count(),
          votes.getSteps().size());
    }
  }

  /**
   * What is true of its steps.
   *
   * @param wrong how many are wrong
   * @param misnumbered how many bear another number than their own
   */
  record Truth(double stepCorrectness, int wrong, int misnumbered, int steps) {
    private static Truth of(SolutionTruth truth) {
      return new Truth(
          truth.stepCorrectness(),
          truth.wrongSteps().size(),
          truth.misnumberedSteps(),
          truth.steps().size());
    }
  }
}

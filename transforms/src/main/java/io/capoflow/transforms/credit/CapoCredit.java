package io.capoflow.transforms.credit;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.StepVote;
import io.capoflow.schemas.StepVotes;
import io.capoflow.transforms.credit.Population.Statistics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * CAPO (docs/method.md, "Credit"): every token earns R = r_v · W_whole, and one that lies in a step
 * voted wrong loses w · W_process of it. Advantages are relative to the group:
 *
 * <ul>
 *   <li>{@code TOKEN}: Â = (R - μ) / (σ + 1e-6), μ and population σ over all tokens of the group.
 *   <li>{@code LENGTH_WEIGHTED}: the same, with each token weighing 1/L_i.
 *   <li>{@code SPLIT}: Â = Â_outcome + W_process / W_whole · Â_process; the outcome is normalised
 *       over the responses, the penalty over the tokens. The ratio keeps the meaning that
 *       normalising apart would take from the weights.
 * </ul>
 *
 * <p>The end-of-sequence token and separators lie in no step: they earn the outcome and belong to
 * the population. A rollout without a quorum is kept with its outcome's rewards and Â = 0, is out
 * of the loss, and counts in neither μ nor σ: what its steps are worth is not known, and rewards
 * that no penalty can reach would raise the mean against the others.
 */
public final class CapoCredit implements CreditScheme {
  private static final long serialVersionUID = 1L;

  @Override
  public String name() {
    return "capo";
  }

  @Override
  public boolean needsVotes() {
    return true;
  }

  @Override
  public List<CreditedRollout> assign(List<Evidence> group, CreditSettings settings) {
    List<Response> responses =
        group.stream().map(evidence -> Response.of(evidence, settings)).toList();
    Population rewards = new Population();
    responses.stream().filter(Response::counts).forEach(r -> r.addRewards(rewards, settings));
    Statistics statistics = rewards.statistics();
    Optional<Split> split =
        settings.normalisation() == CreditSettings.Normalisation.SPLIT
            ? Optional.of(Split.of(responses, settings))
            : Optional.empty();
    List<CreditedRollout> credited = new ArrayList<>();
    for (Response response : responses) {
      double[] advantages =
          !response.counts()
              ? new double[response.tokens()]
              : split
                  .map(s -> s.advantages(response))
                  .orElseGet(
                      () -> Arrays.stream(response.rewards()).map(statistics::normalise).toArray());
      credited.add(
          CreditedRollouts.of(
              name(),
              response.evidence(),
              group.size(),
              response.rewards(),
              advantages,
              response.exclusion(),
              statistics));
    }
    return List.copyOf(credited);
  }

  /**
   * One response of the group.
   *
   * @param outcome r_v · W_whole and the format reward: what every token earns
   * @param penalties w · W_process of each token
   */
  private record Response(
      Evidence evidence, double outcome, double[] penalties, Optional<ExclusionReason> exclusion) {
    static Response of(Evidence evidence, CreditSettings settings) {
      StepVotes votes = CreditedRollouts.votes(evidence);
      double[] penalties = new double[CreditedRollouts.tokens(evidence)];
      if (votes.getQuorum()) {
        for (StepVote step : votes.getSteps()) {
          Arrays.fill(
              penalties,
              step.getTokenStart(),
              step.getTokenEnd(),
              step.getWeight() * settings.processWeight());
        }
      }
      double outcome =
          CreditedRollouts.outcome(evidence) * settings.wholeWeight()
              + CreditedRollouts.formatReward(evidence, settings);
      return new Response(evidence, outcome, penalties, CreditedRollouts.exclusion(evidence));
    }

    int tokens() {
      return penalties.length;
    }

    boolean counts() {
      return exclusion.isEmpty();
    }

    double[] rewards() {
      return Arrays.stream(penalties).map(penalty -> outcome - penalty).toArray();
    }

    void addRewards(Population population, CreditSettings settings) {
      double weight =
          settings.normalisation() == CreditSettings.Normalisation.LENGTH_WEIGHTED
              ? 1.0 / tokens()
              : 1;
      for (double reward : rewards()) {
        population.add(reward, weight);
      }
    }
  }

  /**
   * Outcome and process normalised apart.
   *
   * @param processShare W_process / W_whole
   */
  private record Split(Statistics outcome, Statistics process, double processShare) {
    static Split of(List<Response> responses, CreditSettings settings) {
      Population outcomes = new Population();
      Population penalties = new Population();
      for (Response response : responses) {
        if (response.counts()) {
          outcomes.add(response.outcome(), 1);
          Arrays.stream(response.penalties()).forEach(penalty -> penalties.add(-penalty, 1));
        }
      }
      return new Split(
          outcomes.statistics(),
          penalties.statistics(),
          settings.processWeight() / settings.wholeWeight());
    }

    double[] advantages(Response response) {
      double whole = outcome.normalise(response.outcome());
      return Arrays.stream(response.penalties())
          .map(penalty -> whole + processShare * process.normalise(-penalty))
          .toArray();
    }
  }
}

package io.capoflow.pipelines.critiques.export;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.StepLabels;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.describe.RolloutDescription;
import io.capoflow.transforms.vote.VotingRules;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Reads which steps of a row are wrong: by the dataset's own rule, or by another that it has labels
 * of. Immutable and thread-safe.
 */
final class VotedSteps {
  private final Optional<String> rule;

  VotedSteps(Optional<String> rule) {
    this.rule = requireNonNull(rule, "rule");
  }

  /**
   * Indices of the wrong steps, ascending; empty without a quorum.
   *
   * @throws UserMistake when the row has no labels by the rule
   */
  Optional<SortedSet<Integer>> wrong(CritiquedRollout row) {
    if (rule.isEmpty()) {
      return Optional.ofNullable(row.getWrongSteps()).map(TreeSet::new);
    }
    List<Double> weights = weights(row, rule.get());
    if (weights.size() < row.getSteps().size()) {
      return Optional.empty();
    }
    return Optional.of(
        IntStream.range(0, weights.size())
            .filter(step -> weights.get(step) >= VotingRules.WRONG_FROM)
            .boxed()
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  private static boolean isOfAll(StepLabels labels) {
    return labels.getCritic().equals(RolloutDescription.ALL_CRITICS);
  }

  private static List<Double> weights(CritiquedRollout row, String rule) {
    return row.getLabels().stream()
        .filter(labels -> isOfAll(labels) && labels.getRule().equals(rule))
        .map(StepLabels::getWeights)
        .findFirst()
        .orElseThrow(
            () ->
                new UserMistake(
                    "no labels by the rule '%s' in row %s; name one of %s, or none for %s"
                        .formatted(
                            rule,
                            row.getRolloutId(),
                            row.getLabels().stream()
                                .filter(VotedSteps::isOfAll)
                                .map(StepLabels::getRule)
                                .collect(Collectors.joining(", ")),
                            row.getRule())));
  }
}

package io.capoflow.pipelines.critiques.card;

import io.capoflow.pipelines.critiques.card.DetectionFigures.Detection;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SortedMap;

/** Says how well votes find what is known to be wrong. */
final class TruthSection {
  private final CardFacts facts;
  private final DatasetStatistics statistics;
  private final CriticNames names;

  private TruthSection(CardFacts facts, DatasetStatistics statistics, CriticNames names) {
    this.facts = facts;
    this.statistics = statistics;
    this.names = names;
  }

  static String of(CardFacts facts, DatasetStatistics statistics, CriticNames names) {
    TruthSection section = new TruthSection(facts, statistics, names);
    return section.detection() + "\n" + section.processBench();
  }

  private String detection() {
    String heading = "## How well votes find wrong steps\n\n";
    ContentFigures content = statistics.content();
    if (content.stepsRight() + content.stepsWrong() == 0) {
      return heading
          + "The sources say of no step whether it is right, so nothing can be measured.\n";
    }
    List<List<String>> rows = new ArrayList<>();
    SortedMap<VoteKey, Detection> detections = statistics.detection().byVote();
    for (String critic : names.shown(statistics)) {
      detections.forEach(
          (vote, found) -> {
            if (vote.critic().equals(critic)) {
              rows.add(line(vote, found));
            }
          });
    }
    return heading
        + """
        Over the %s steps alone of which the sources say whether they are right: %s are right and %s are wrong. \
        A step counts with the weight that the rule gives it, which is 0 or 1 except under `average`. \
        Precision is the weight on wrong steps over all weight. Recall is the weight on wrong steps over their number; \
        those of responses without a quorum count as missed. The recipe's rule is %s.

        """
            .formatted(
                Numbers.count(content.stepsRight() + content.stepsWrong()),
                Numbers.count(content.stepsRight()),
                Numbers.count(content.stepsWrong()),
                Markdown.name(facts.rule()))
        + Markdown.table(
            List.of(
                "critic",
                "rule",
                "known steps",
                "wrong steps",
                "weight voted",
                "of it on wrong steps",
                "precision",
                "recall",
                "F1"),
            rows)
        + (rows.stream().anyMatch(row -> row.contains(Numbers.NONE))
            ? "\n%s: there is nothing to divide by.\n".formatted(Numbers.NONE)
            : "");
  }

  private List<String> line(VoteKey vote, Detection found) {
    return List.of(
        names.cell(vote.critic()),
        Markdown.name(vote.rule()),
        Numbers.count(found.known()),
        Numbers.count(found.steps().wrong()),
        Numbers.fixed(found.steps().flagged(), 2),
        Numbers.fixed(found.steps().found(), 2),
        Numbers.fixed(found.steps().precision(), 4),
        Numbers.fixed(found.steps().recall(), 4),
        Numbers.fixed(found.steps().f1(), 4));
  }

  private String processBench() {
    String heading = "## ProcessBench score\n\n";
    ProcessBenchFigures scores = statistics.processBench();
    if (scores.labelled() == 0) {
      return heading
          + "It takes solutions whose first wrong step is known, or of which all steps are known to be right. There are none.\n";
    }
    boolean zeros = scores.overall().values().stream().anyMatch(ProcessBenchScore::dividesByZero);
    StringBuilder text = new StringBuilder(heading);
    text.append(
        """
        The score of [ProcessBench](https://arxiv.org/abs/2412.06559), in per cent, over the %s responses whose first wrong step is known or of which all steps are known to be right. \
        A prediction counts where it is the very step that is wrong first, or that no step is wrong. \
        F1 is the harmonic mean of the accuracy on erroneous and on correct responses. \
        `%s` is the benchmark's own way: each valid critique predicts the first step that it calls wrong, and the most frequent prediction counts. \
        Of the voting rules, the first step with a weight of at least a half counts. No valid critique, or no quorum, counts as a wrong prediction.%s

        """
            .formatted(
                Numbers.count(scores.labelled()),
                ProcessBenchFigures.OWN_MAJORITY,
                zeros ? " Where a figure would divide 0 by 0, it is 0." : ""));
    text.append(table(scores.overall()));
    if (scores.bySource().size() > 1) {
      scores.bySource().entrySet().stream()
          .limit(ContentSection.LISTED_SOURCES)
          .forEach(
              source ->
                  text.append("\n### ProcessBench score on ")
                      .append(Markdown.name(source.getKey()))
                      .append("\n\n")
                      .append(table(source.getValue())));
      text.append("\n### Mean of the sources' F1\n\n").append(means(scores));
    }
    return text.toString();
  }

  private String table(Map<VoteKey, ProcessBenchScore> scores) {
    List<List<String>> rows = new ArrayList<>();
    for (String critic : names.shown(statistics)) {
      scores.forEach(
          (vote, score) -> {
            if (vote.critic().equals(critic)) {
              rows.add(
                  List.of(
                      names.cell(critic),
                      Markdown.name(vote.rule()),
                      Numbers.count(score.erroneous()),
                      Numbers.fixed(score.accuracyOnErroneous(), 1),
                      Numbers.count(score.correct()),
                      Numbers.fixed(score.accuracyOnCorrect(), 1),
                      Numbers.fixed(score.f1(), 1),
                      Numbers.count(score.withoutPrediction())));
            }
          });
    }
    return Markdown.table(
        List.of(
            "critic",
            "prediction",
            "erroneous",
            "accuracy on erroneous",
            "correct",
            "accuracy on correct",
            "F1",
            "without a prediction"),
        rows);
  }

  private String means(ProcessBenchFigures scores) {
    List<List<String>> rows = new ArrayList<>();
    for (String critic : names.shown(statistics)) {
      for (VoteKey vote : scores.overall().keySet()) {
        OptionalDouble mean = scores.meanOfSources(vote);
        if (vote.critic().equals(critic)) {
          rows.add(List.of(names.cell(critic), Markdown.name(vote.rule()), Numbers.fixed(mean, 1)));
        }
      }
    }
    return Markdown.table(List.of("critic", "prediction", "mean F1"), rows);
  }
}

package io.capoflow.pipelines.critiques.card;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.capoflow.schemas.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;

/** Writes the figures of a card as JSON: a figure that is not defined is null. */
final class StatisticsJson {
  private final CardFacts facts;
  private final DatasetStatistics statistics;
  private final CriticNames names;

  private StatisticsJson(CardFacts facts, DatasetStatistics statistics) {
    this.facts = facts;
    this.statistics = statistics;
    this.names = CriticNames.of(facts, statistics);
  }

  static String of(CardFacts facts, DatasetStatistics statistics) {
    try {
      return Json.WRITE_RECORDS.writeValueAsString(new StatisticsJson(facts, statistics).all())
          + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("figures are always JSON", e);
    }
  }

  private Map<String, Object> all() {
    ContentFigures content = statistics.content();
    Map<String, Object> all = new TreeMap<>();
    all.put("rows", content.rows());
    all.put("problems", content.problems());
    all.put("steps", content.steps());
    all.put("sources", content.sources());
    all.put("layouts", content.layouts());
    all.put(
        "answers",
        Map.of(
            "right", content.answersRight(),
            "wrong", content.answersWrong(),
            "unknown", content.answersUnknown()));
    all.put(
        "truth",
        Map.of(
            "right", content.stepsRight(),
            "wrong", content.stepsWrong(),
            "unknown", content.stepsUnknown()));
    all.put(
        "lengths",
        Map.of(
            "steps_of_response", length(content.stepsOfRollout()),
            "characters_of_step", length(content.charactersOfStep()),
            "characters_of_response", length(content.charactersOfResponse()),
            "tokens_of_critique", length(statistics.allCritics().tokens())));
    all.put("table", facts.mainTable());
    all.put("rule", facts.rule());
    all.put("critics", critics());
    all.put("detection", detection());
    all.put("process_bench", processBench());
    return all;
  }

  private static Map<String, Object> length(IntegerHistogram lengths) {
    Map<String, Object> length = new TreeMap<>();
    length.put("count", lengths.count());
    length.put("mean", number(lengths.mean()));
    length.put("median", number(lengths.median()));
    length.put("largest", lengths.max().isPresent() ? lengths.max().getAsLong() : null);
    return length;
  }

  private Map<String, Object> critics() {
    Map<String, Object> critics = new TreeMap<>();
    statistics.critics().forEach((critic, figures) -> critics.put(critic, critic(critic, figures)));
    return critics;
  }

  private Map<String, Object> critic(String critic, CriticFigures figures) {
    Map<String, Object> values = new TreeMap<>();
    values.put("name", names.of(critic));
    values.put("responses", figures.rollouts());
    values.put("critiques", figures.critiques());
    values.put("valid", figures.valid());
    values.put("void", figures.voidReasons());
    values.put("judged_correct", figures.yes());
    values.put("judged_incorrect", figures.no());
    values.put("without_judgment", figures.withoutJudgment());
    values.put("judgments_of_wrong_answers", figures.judgmentsOfWrong());
    values.put("wrong_answers_judged_correct", figures.yesOfWrong());
    values.put("judgments_of_right_answers", figures.judgmentsOfRight());
    values.put("right_answers_judged_incorrect", figures.noOfRight());
    values.put("votes", figures.votes());
    values.put("without_quorum", figures.withoutQuorum());
    values.put("alpha", number(figures.agreement().alpha().value()));
    values.put("alpha_units", figures.agreement().alpha().units());
    values.put("pairwise_agreement", number(figures.agreement().pairwise()));
    values.put("responses_compared", figures.agreement().rollouts());
    values.put("tokens_read", figures.promptTokens());
    values.put("tokens_written", figures.writtenTokens());
    values.put("prices", prices(critic));
    values.put("cost", number(new Costs(facts, statistics).of(critic)));
    return values;
  }

  private Map<String, Object> prices(String critic) {
    return facts.critics().stream()
        .filter(known -> known.critic().equals(critic))
        .flatMap(known -> known.prices().stream())
        .map(
            prices ->
                Map.<String, Object>of(
                    "read", number(prices.prompt()), "written", number(prices.written())))
        .findFirst()
        .orElse(null);
  }

  private List<Map<String, Object>> detection() {
    List<Map<String, Object>> all = new ArrayList<>();
    statistics
        .detection()
        .byVote()
        .forEach(
            (vote, found) -> {
              Map<String, Object> values = vote(vote);
              values.put("responses", found.rollouts());
              values.put("known_steps", found.known());
              values.put("wrong_steps", found.steps().wrong());
              values.put("voted", number(found.steps().flagged()));
              values.put("found", number(found.steps().found()));
              values.put("precision", number(found.steps().precision()));
              values.put("recall", number(found.steps().recall()));
              values.put("f1", number(found.steps().f1()));
              all.add(values);
            });
    return all;
  }

  private Map<String, Object> processBench() {
    ProcessBenchFigures scores = statistics.processBench();
    Map<String, Object> bySource = new TreeMap<>();
    scores.bySource().forEach((source, ofSource) -> bySource.put(source, scores(ofSource)));
    Map<String, Object> all = new TreeMap<>();
    all.put("responses", scores.labelled());
    all.put("scores", scores(scores.overall()));
    all.put("sources", bySource);
    return all;
  }

  private static List<Map<String, Object>> scores(Map<VoteKey, ProcessBenchScore> scores) {
    List<Map<String, Object>> all = new ArrayList<>();
    scores.forEach(
        (vote, score) -> {
          Map<String, Object> values = vote(vote);
          values.put("erroneous", score.erroneous());
          values.put("correct", score.correct());
          values.put("without_prediction", score.withoutPrediction());
          values.put("accuracy_on_erroneous", number(score.accuracyOnErroneous()));
          values.put("accuracy_on_correct", number(score.accuracyOnCorrect()));
          values.put("f1", number(score.f1()));
          all.add(values);
        });
    return all;
  }

  private static Map<String, Object> vote(VoteKey vote) {
    Map<String, Object> values = new TreeMap<>();
    values.put("critic", vote.critic());
    values.put("rule", vote.rule());
    return values;
  }

  private static BigDecimal number(OptionalDouble value) {
    return value.isPresent() ? number(value.getAsDouble()) : null;
  }

  private static BigDecimal number(double value) {
    return Numbers.exact(value);
  }
}

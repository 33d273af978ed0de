package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.StepLabels;
import io.capoflow.schemas.VoteCount;
import io.capoflow.transforms.vote.VotingRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** A row of a dataset, described step by step; votes, labels and agreement follow from the rest. */
final class Row {
  private static final String RULE = "majority";

  private final String id;
  private final List<StepCritique> critiques = new ArrayList<>();
  private List<String> steps;
  private List<Boolean> truth;
  private String source = "gsm8k";
  private String problem;
  private String question = "How many?";
  private String layout = "processbench";
  private Integer outcome;
  private String extracted;

  Row(String id, String... steps) {
    this.id = id;
    this.problem = id;
    this.steps = List.of(steps);
    this.truth = Collections.nCopies(steps.length, null);
  }

  /** A row of so many steps, whose texts say nothing. */
  static Row of(String id, int steps) {
    return new Row(
        id, IntStream.range(0, steps).mapToObj("Step %d."::formatted).toArray(String[]::new));
  }

  Row source(String name) {
    source = name;
    return this;
  }

  Row problem(String problemId) {
    problem = problemId;
    return this;
  }

  Row question(String text) {
    question = text;
    return this;
  }

  Row layout(String name) {
    layout = name;
    return this;
  }

  /** One a step; null where it is not known. */
  Row truth(Boolean... right) {
    truth = Arrays.asList(right);
    return this;
  }

  /** The answer is right or wrong by the gold answer, 42. */
  Row answered(boolean right) {
    outcome = right ? 1 : 0;
    extracted = right ? "42" : "41";
    return this;
  }

  /** A valid critique, which judges the response correct where it calls no step wrong. */
  Row critique(String critic, Integer... wrongSteps) {
    return judged(critic, wrongSteps.length == 0 ? "yes" : "no", "Looks.", wrongSteps);
  }

  Row judged(String critic, String judgment, String text, Integer... wrongSteps) {
    critiques.add(critique(critic, text, judgment).setWrongSteps(List.of(wrongSteps)).build());
    return this;
  }

  Row voidCritique(String critic, String reason) {
    critiques.add(critique(critic, "???", null).setVoidReason(reason).build());
    return this;
  }

  private StepCritique.Builder critique(String critic, String text, String judgment) {
    int index = (int) critiques.stream().filter(c -> c.getCritic().equals(critic)).count();
    return StepCritique.newBuilder()
        .setCritic(critic)
        .setPromptTemplate("steps-v1")
        .setPromptDigest("0")
        .setCritiqueIndex(index)
        .setText(text)
        .setJudgment(judgment)
        .setWrongSteps(List.of())
        .setFinishReason("stop")
        .setPromptTokens(100)
        .setTokens(10 + critiques.size())
        .setCachedTokens(40)
        .setMillis(1_000);
  }

  CritiquedRollout build() {
    Set<String> critics = new LinkedHashSet<>();
    critiques.forEach(critique -> critics.add(critique.getCritic()));
    List<VoteCount> votes = new ArrayList<>();
    List<StepLabels> labels = new ArrayList<>();
    for (String critic : critics) {
      count(
          critic,
          critiques.stream().filter(critique -> critique.getCritic().equals(critic)).toList(),
          votes,
          labels);
    }
    VoteCount all = count("all", critiques, votes, labels);
    return CritiquedRollout.newBuilder()
        .setRolloutId(id)
        .setProblemId(problem)
        .setLayout(layout)
        .setSource(source)
        .setPrompt(List.of(new Message("user", question)))
        .setQuestion(question)
        .setAnswer(outcome == null ? null : "42")
        .setResponse(String.join("\n\n", steps))
        .setSteps(steps)
        .setTruth(truth)
        .setColumns(List.of())
        .setOutcome(outcome)
        .setExtracted(extracted)
        .setVerifier(outcome == null ? null : "numbers-1")
        .setCritiques(critiques)
        .setVotes(votes)
        .setLabels(labels)
        .setRule(RULE)
        .setWrongSteps(all.getQuorum() ? wrongSteps(all) : null)
        .setAgreement(agreement(all))
        .setPromptTokens(critiques.stream().mapToLong(StepCritique::getPromptTokens).sum())
        .setTokens(critiques.stream().mapToLong(StepCritique::getTokens).sum())
        .setMillis(critiques.stream().mapToLong(StepCritique::getMillis).sum())
        .setCapoflow("test")
        .build();
  }

  private VoteCount count(
      String critic, List<StepCritique> counted, List<VoteCount> votes, List<StepLabels> labels) {
    List<StepCritique> valid =
        counted.stream().filter(critique -> critique.getVoidReason() == null).toList();
    VoteCount count =
        VoteCount.newBuilder()
            .setCritic(critic)
            .setCritiques(counted.size())
            .setValidCritiques(valid.size())
            .setQuorum(steps.isEmpty() || valid.size() >= Math.max(1, (counted.size() + 1) / 2))
            .setYesJudgments(
                (int) valid.stream().filter(c -> "yes".equals(c.getJudgment())).count())
            .setNoJudgments((int) valid.stream().filter(c -> "no".equals(c.getJudgment())).count())
            .setWrongVotes(
                IntStream.range(0, steps.size())
                    .mapToObj(
                        step ->
                            (int)
                                valid.stream()
                                    .filter(c -> c.getWrongSteps().contains(step))
                                    .count())
                    .toList())
            .build();
    votes.add(count);
    for (String rule : VotingRules.OF_SAMPLED) {
      labels.add(
          StepLabels.newBuilder()
              .setCritic(critic)
              .setRule(rule)
              .setWeights(count.getQuorum() ? weights(rule, count) : List.of())
              .build());
    }
    return count;
  }

  private static List<Double> weights(String rule, VoteCount count) {
    return count.getWrongVotes().stream()
        .map(votes -> VotingRules.named(rule).weight(votes, count.getValidCritiques()))
        .toList();
  }

  private static List<Integer> wrongSteps(VoteCount count) {
    List<Double> weights = weights(RULE, count);
    return IntStream.range(0, weights.size())
        .filter(step -> weights.get(step) >= 0.5)
        .boxed()
        .toList();
  }

  private static Double agreement(VoteCount count) {
    int valid = count.getValidCritiques();
    if (valid < 2 || count.getWrongVotes().isEmpty()) {
      return null;
    }
    long pairs = (long) valid * (valid - 1) / 2;
    long alike =
        count.getWrongVotes().stream()
            .mapToLong(votes -> pairs - (long) votes * (valid - votes))
            .sum();
    return (double) alike / (pairs * count.getWrongVotes().size());
  }
}

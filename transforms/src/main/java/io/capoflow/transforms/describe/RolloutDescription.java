package io.capoflow.transforms.describe;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.PromptFields;
import io.capoflow.models.critic.PromptTemplate;
import io.capoflow.models.steps.RolloutSteps;
import io.capoflow.models.steps.Step;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.models.steps.StepSplitters;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.GoldAnswer;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.StepLabels;
import io.capoflow.schemas.StepVote;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.Verdict;
import io.capoflow.schemas.VoteCount;
import io.capoflow.transforms.vote.StepVoting;
import io.capoflow.transforms.vote.VotingRule;
import io.capoflow.transforms.vote.VotingRules;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a row of a critique dataset says of a rollout. Pure and thread-safe.
 *
 * <p>Votes are counted for each critic, and over all of them together: critiques of several critics
 * are then as many critiques of one.
 */
public final class RolloutDescription implements Serializable {
  /** Stands for all critics together, where a critic is named. */
  public static final String ALL_CRITICS = "all";

  private static final long serialVersionUID = 1L;

  static {
    RecordClasses.trust();
  }

  private final ArrayList<AskedCritic> critics;
  private final ArrayList<VotingRule> rules;
  private final String splitter;
  private final String version;

  // Found again on each worker.
  private transient volatile StepSplitter steps;
  private transient volatile List<PromptTemplate> templates;

  /**
   * A description.
   *
   * @param critics in the order of the recipes, at least one
   * @param rules of which the first is the dataset's own, without repeats; those that cannot count
   *     so many critiques are passed over
   * @param splitter that finds the steps of responses without given ones
   * @param version of this program
   * @throws io.capoflow.schemas.UserMistake when the dataset's own rule cannot count the critiques
   *     of all critics together
   */
  public RolloutDescription(
      List<AskedCritic> critics, List<VotingRule> rules, String splitter, String version) {
    this.critics = new ArrayList<>(critics);
    this.rules = new ArrayList<>(rules);
    this.splitter = requireNonNull(splitter, "splitter");
    this.version = requireNonNull(version, "version");
    if (critics.isEmpty() || rules.isEmpty()) {
      throw new IllegalArgumentException("a dataset has a critic and a rule");
    }
    StepVoting.checkRule(rules.get(0), times());
  }

  /** Identities of the critics, as one text. */
  String criticNames() {
    return critics.stream().map(AskedCritic::identity).collect(Collectors.joining(", "));
  }

  /** Names of the rules, the dataset's own first, as one text. */
  String ruleNames() {
    return rules.stream().map(VotingRule::name).collect(Collectors.joining(", "));
  }

  /**
   * The row of a rollout.
   *
   * @param critiques all of it, in any order
   * @throws IllegalArgumentException when there are critiques of another rollout or critic, or
   *     repeated ones
   */
  public CritiquedRollout of(
      GivenRollout given, Optional<Verdict> verdict, List<Critique> critiques) {
    Rollout rollout = given.getRollout();
    Problem problem = rollout.getProblem();
    List<Step> found = RolloutSteps.of(rollout, splitter());
    List<List<Critique>> byCritic = byCritic(critiques);
    List<Critique> all = byCritic.stream().flatMap(List::stream).toList();
    List<Count> counts = counts(rollout, byCritic);
    Count together = counts.get(counts.size() - 1);
    return CritiquedRollout.newBuilder()
        .setRolloutId(given.getRolloutId())
        .setProblemId(given.getProblemId())
        .setSourceId(given.getSourceId())
        .setLayout(given.getLayout())
        .setSource(problem.getSource())
        .setPrompt(problem.getPrompt())
        .setQuestion(PromptFields.plainQuestion(problem))
        .setAnswer(GoldAnswer.of(problem).orElse(null))
        .setSolution(problem.getSolution())
        .setResponse(rollout.getResponse())
        .setSteps(RolloutSteps.texts(rollout, splitter()))
        .setTruth(truth(given, found.size()))
        .setColumns(given.getColumns())
        .setOutcome(verdict.map(Verdict::getOutcome).orElse(null))
        .setExtracted(verdict.map(Verdict::getExtracted).orElse(null))
        .setVerdictReason(verdict.map(Verdict::getReason).orElse(null))
        .setVerifier(verdict.map(Verdict::getVerifier).orElse(null))
        .setCritiques(described(rollout, found, byCritic))
        .setVotes(counts.stream().map(Count::described).toList())
        .setLabels(counts.stream().flatMap(Count::labels).toList())
        .setRule(rules.get(0).name())
        .setWrongSteps(together.wrongSteps().orElse(null))
        .setAgreement(agreement(all, found.size()).orElse(null))
        .setPromptTokens(all.stream().mapToLong(Critique::getPromptTokens).sum())
        .setTokens(all.stream().mapToLong(Critique::getTokens).sum())
        .setMillis(all.stream().mapToLong(Critique::getMillis).sum())
        .setCapoflow(version)
        .build();
  }

  private StepSplitter splitter() {
    StepSplitter known = steps;
    if (known == null) {
      known = StepSplitters.named(splitter);
      steps = known;
    }
    return known;
  }

  /** Of the critics. Found once: asking for every rollout costs more than all else here. */
  private List<PromptTemplate> templates() {
    List<PromptTemplate> known = templates;
    if (known == null) {
      known = critics.stream().map(critic -> critic.asked().template()).toList();
      templates = known;
    }
    return known;
  }

  /** One entry a step. */
  private static List<Boolean> truth(GivenRollout given, int steps) {
    if (given.getTruth().isEmpty()) {
      return Collections.nCopies(steps, null);
    }
    if (given.getTruth().size() != steps) {
      throw new IllegalArgumentException(
          "%s has %d steps, and the truth of %d"
              .formatted(given.getRolloutId(), steps, given.getTruth().size()));
    }
    return given.getTruth();
  }

  /** Of each critic in order, by index. */
  private List<List<Critique>> byCritic(List<Critique> critiques) {
    List<List<Critique>> byCritic = new ArrayList<>();
    int known = 0;
    for (AskedCritic critic : critics) {
      List<Critique> own =
          critiques.stream()
              .filter(critique -> critique.getCritic().equals(critic.identity()))
              .sorted(Comparator.comparingInt(Critique::getCritiqueIndex))
              .toList();
      known += own.size();
      byCritic.add(own);
    }
    if (known != critiques.size()) {
      throw new IllegalArgumentException("there are critiques by critics that were not asked");
    }
    return byCritic;
  }

  private List<StepCritique> described(
      Rollout rollout, List<Step> steps, List<List<Critique>> byCritic) {
    List<StepCritique> described = new ArrayList<>();
    for (int critic = 0; critic < critics.size(); critic++) {
      String digest = digest(templates().get(critic).render(rollout, steps));
      for (Critique critique : byCritic.get(critic)) {
        described.add(described(critique, digest));
      }
    }
    return described;
  }

  private static String digest(List<Message> messages) {
    return Digests.ofParts(
        messages.stream()
            .flatMap(message -> Stream.of(message.getRole(), message.getContent()))
            .toArray(String[]::new));
  }

  private static StepCritique described(Critique critique, String promptDigest) {
    return StepCritique.newBuilder()
        .setCritic(critique.getCritic())
        .setPromptTemplate(critique.getPromptTemplate())
        .setPromptDigest(promptDigest)
        .setCritiqueIndex(critique.getCritiqueIndex())
        .setText(critique.getText())
        .setReasoning(critique.getReasoning())
        .setJudgment(critique.getJudgment())
        .setWrongSteps(critique.getWrongSteps())
        .setVoidReason(critique.getVoidReason())
        .setFinishReason(critique.getFinishReason())
        .setResponder(critique.getResponder())
        .setPromptTokens(critique.getPromptTokens())
        .setTokens(critique.getTokens())
        .setCachedTokens(critique.getCachedTokens())
        .setMillis(critique.getMillis())
        .build();
  }

  /**
   * What some critiques come to under each rule, in the order of the rules.
   *
   * @param own votes under the first of them, whose counts are those of all
   */
  private record Count(String critic, StepVotes own, List<VotingRule> rules) {
    VoteCount described() {
      return VoteCount.newBuilder()
          .setCritic(critic)
          .setCritiques(own.getCritiques())
          .setValidCritiques(own.getValidCritiques())
          .setQuorum(own.getQuorum())
          .setYesJudgments(own.getYesJudgments())
          .setNoJudgments(own.getNoJudgments())
          .setWrongVotes(own.getSteps().stream().map(StepVote::getWrongVotes).toList())
          .build();
    }

    Stream<StepLabels> labels() {
      return rules.stream()
          .map(
              rule ->
                  StepLabels.newBuilder()
                      .setCritic(critic)
                      .setRule(rule.name())
                      .setWeights(weights(rule))
                      .build());
    }

    /**
     * Of every step, a last one that a length limit cut among them: training lets such a step lose
     * nothing, but what critics say of it is what a label is about.
     */
    private List<Double> weights(VotingRule rule) {
      return own.getQuorum()
          ? own.getSteps().stream()
              .map(step -> VotingRules.weight(rule, step.getWrongVotes(), step.getVotes()))
              .toList()
          : List.of();
    }

    Optional<List<Integer>> wrongSteps() {
      if (!own.getQuorum()) {
        return Optional.empty();
      }
      List<Double> weights = weights(rules.get(0));
      return Optional.of(
          IntStream.range(0, weights.size())
              .filter(step -> weights.get(step) >= VotingRules.WRONG_FROM)
              .boxed()
              .toList());
    }
  }

  private List<Count> counts(Rollout rollout, List<List<Critique>> byCritic) {
    List<Count> counts = new ArrayList<>();
    for (int critic = 0; critic < critics.size(); critic++) {
      counts.add(
          count(
              critics.get(critic).identity(),
              rollout,
              byCritic.get(critic),
              critics.get(critic).times()));
    }
    counts.add(count(ALL_CRITICS, rollout, together(byCritic), times()));
    return counts;
  }

  /** Critiques of a rollout by all critics. */
  private int times() {
    return critics.stream().mapToInt(AskedCritic::times).sum();
  }

  private Count count(String critic, Rollout rollout, List<Critique> critiques, int times) {
    List<VotingRule> countable =
        rules.stream().filter(rule -> rule.needs().takes(times)).collect(Collectors.toList());
    return new Count(
        critic,
        StepVoting.vote(rollout, critiques, countable.get(0), splitter(), times),
        countable);
  }

  /** Critiques of several critics, numbered as those of one. */
  private List<Critique> together(List<List<Critique>> byCritic) {
    List<Critique> together = new ArrayList<>();
    int first = 0;
    for (int critic = 0; critic < critics.size(); critic++) {
      for (Critique critique : byCritic.get(critic)) {
        together.add(numberedFrom(first, critique));
      }
      first += critics.get(critic).times();
    }
    return together;
  }

  /** A critique as one of all critics together, whose own begin at a number. */
  public static Critique numberedFrom(int first, Critique critique) {
    return first == 0
        ? critique
        : Critique.newBuilder(critique)
            .setCritiqueIndex(first + critique.getCritiqueIndex())
            .build();
  }

  private static Optional<Double> agreement(List<Critique> critiques, int steps) {
    long valid = critiques.stream().filter(critique -> critique.getVoidReason() == null).count();
    if (valid < 2 || steps == 0) {
      return Optional.empty();
    }
    long pairs = valid * (valid - 1) / 2;
    long alike =
        IntStream.range(0, steps)
            .mapToLong(
                step -> {
                  long wrong =
                      critiques.stream()
                          .filter(critique -> critique.getVoidReason() == null)
                          .filter(critique -> critique.getWrongSteps().contains(step))
                          .count();
                  return pairs - wrong * (valid - wrong);
                })
            .sum();
    return Optional.of((double) alike / (pairs * steps));
  }
}

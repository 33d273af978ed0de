package io.capoflow.pipelines.sft;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.Critic;
import io.capoflow.models.critic.CriticSpec;
import io.capoflow.models.decoder.ModelDigest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.policy.Policy;
import io.capoflow.models.policy.PolicySpec;
import io.capoflow.models.steps.RolloutSteps;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.models.steps.StepSplitters;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.vote.StepVoting;
import io.capoflow.transforms.vote.VotingRules;
import io.capoflow.worlds.arithmetic.ArithmeticSplit;
import io.capoflow.worlds.arithmetic.ArithmeticWorld;
import io.capoflow.worlds.truth.StepDetection;
import io.capoflow.worlds.truth.StepOracle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.SortedSet;

/**
 * How well a critic finds the wrong steps of a policy's rollouts on held-out arithmetic problems,
 * against the oracle, voted as training votes.
 *
 * @param rollouts judged
 * @param steps in them, the boxed answers included
 * @param wrongSteps of these, by the oracle
 * @param critiques asked for when voting by four
 * @param voidCritiques of these
 * @param meanTokens that a critique has
 * @param rows one for each way of asking and voting
 */
public record CriticReport(
    int rollouts,
    int steps,
    int wrongSteps,
    int critiques,
    int voidCritiques,
    double meanTokens,
    List<Row> rows) {
  private static final int TIMES = 4;

  public CriticReport {
    rows = List.copyOf(rows);
  }

  /**
   * One way of asking and voting, measured as {@link StepDetection} defines it.
   *
   * @param name {@code k=4 intersection}
   * @param precision absent where no step was flagged
   * @param recall absent where no step is wrong
   * @param f1 absent where no step was flagged and none is wrong
   */
  public record Row(
      String name, OptionalDouble precision, OptionalDouble recall, OptionalDouble f1) {}

  /**
   * What to measure.
   *
   * @param policy writes the rollouts: a checkpoint directory
   * @param critic judges them: a checkpoint directory
   * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
   * @param problems held-out problems, one rollout each
   * @param problemSeed key of the problems
   * @param seed key of rollouts and critiques
   * @param rolloutSampling as training samples rollouts
   * @param critiqueSampling as training samples critiques; its greedy twin is measured as well
   * @param maxRows rollouts and critiques that are decoded at a time, at most
   */
  public record Settings(
      Path policy,
      Path critic,
      String device,
      int problems,
      long problemSeed,
      long seed,
      SamplingParameters rolloutSampling,
      SamplingParameters critiqueSampling,
      int maxRows) {
    public Settings {
      requireNonNull(policy, "policy");
      requireNonNull(critic, "critic");
      requireNonNull(device, "device");
      requireNonNull(rolloutSampling, "rolloutSampling");
      requireNonNull(critiqueSampling, "critiqueSampling");
      if (problems < 1) {
        throw new UserMistake("a critic is measured on at least one problem, not " + problems);
      }
    }

    /** Sampling and batches as {@code recipes/arithmetic.yaml} has them. */
    public static Settings asTrained(
        Path policy, Path critic, String device, int problems, long seed) {
      return new Settings(
          policy,
          critic,
          device,
          problems,
          0,
          seed,
          new SamplingParameters(1, 1, 96),
          new SamplingParameters(0.7, 1, 192),
          128);
    }
  }

  /**
   * Samples, critiques, votes and compares; takes seconds to minutes.
   *
   * @throws UserMistake when a model is missing
   */
  public static CriticReport measure(Settings settings) {
    List<Rollout> rollouts = rollouts(settings);
    SamplingParameters sampling = settings.critiqueSampling();
    SamplingParameters greedy = new SamplingParameters(0, 1, sampling.maxNewTokens());
    Judged judged = new Judged(rollouts);
    List<Critique> once = critiques(settings, greedy, rollouts, 1);
    List<Critique> sampled = critiques(settings, sampling, rollouts, TIMES);
    List<Row> rows = new ArrayList<>();
    rows.add(judged.row("k=1 greedy", once, "greedy", 1));
    rows.add(
        judged.row(
            "k=1 sampled",
            sampled.stream().filter(critique -> critique.getCritiqueIndex() == 0).toList(),
            "intersection",
            1));
    for (String rule : VotingRules.OF_SAMPLED) {
      rows.add(judged.row("k=" + TIMES + " " + rule, sampled, rule, TIMES));
    }
    return new CriticReport(
        rollouts.size(),
        judged.steps(),
        judged.wrongSteps(),
        sampled.size(),
        (int) sampled.stream().filter(critique -> critique.getVoidReason() != null).count(),
        sampled.stream().mapToInt(Critique::getTokens).average().orElse(0),
        rows);
  }

  /** A Markdown table, as {@code docs/warm-start.md} shows it. */
  public String table() {
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(
            Locale.ROOT,
            "%d rollouts, %d steps, %.1f %% wrong; %d of %d critiques void, %.0f tokens each%n%n",
            rollouts,
            steps,
            100.0 * wrongSteps / Math.max(1, steps),
            voidCritiques,
            critiques,
            meanTokens));
    table.append("| critiques and vote | precision | recall | F1 |\n|---|---|---|---|\n");
    for (Row row : rows) {
      table.append(
          String.format(
              Locale.ROOT,
              "| %s | %s | %s | %s |%n",
              row.name(),
              cell(row.precision()),
              cell(row.recall()),
              cell(row.f1())));
    }
    return table.toString();
  }

  private static String cell(OptionalDouble value) {
    return value.isPresent() ? String.format(Locale.ROOT, "%.3f", value.getAsDouble()) : "-";
  }

  private static List<Rollout> rollouts(Settings settings) {
    List<Problem> problems =
        new ArithmeticWorld(settings.problemSeed())
            .problems(ArithmeticSplit.HELD_OUT, settings.problems());
    String version = Keys.policyVersion(0);
    PolicySpec spec =
        PolicySpec.of(settings.policy(), version, digest(settings.policy()), settings.device());
    Policy.SampleRequest request =
        new Policy.SampleRequest(
            "critic-report",
            0,
            version,
            1,
            settings.rolloutSampling(),
            settings.maxRows(),
            settings.seed());
    try (Policy policy = spec.open()) {
      return policy.sample(problems, request);
    }
  }

  private static List<Critique> critiques(
      Settings settings, SamplingParameters sampling, List<Rollout> rollouts, int times) {
    CriticSpec spec =
        CriticSpec.of(
            settings.critic(),
            settings.device(),
            "arithmetic",
            Judged.SPLITTER,
            sampling,
            settings.maxRows());
    try (Critic critic = spec.open()) {
      return critic.critique(rollouts, times, settings.seed()).await();
    }
  }

  private static String digest(Path directory) {
    return ModelDigest.of(directory);
  }

  /** Rollouts with the truth about their steps. */
  private static final class Judged {
    static final String SPLITTER = "blank_line";

    private final StepSplitter splitter = StepSplitters.named(SPLITTER);
    private final StepOracle oracle = StepOracle.of(ArithmeticWorld.SOURCE).orElseThrow();
    private final List<Rollout> rollouts;
    private final List<SortedSet<Integer>> wrong = new ArrayList<>();
    private int steps;

    Judged(List<Rollout> rollouts) {
      this.rollouts = rollouts;
      for (Rollout rollout : rollouts) {
        List<String> texts = RolloutSteps.texts(rollout, splitter);
        wrong.add(oracle.judge(rollout.getProblem(), texts).orElseThrow().wrongSteps());
        steps += texts.size();
      }
    }

    int steps() {
      return steps;
    }

    int wrongSteps() {
      return wrong.stream().mapToInt(SortedSet::size).sum();
    }

    /** Critiques are ordered by rollout. */
    Row row(String name, List<Critique> critiques, String rule, int times) {
      StepDetection detection = new StepDetection();
      for (int i = 0; i < rollouts.size(); i++) {
        List<Critique> own = critiques.subList(i * times, (i + 1) * times);
        detection.add(
            StepVoting.vote(rollouts.get(i), own, VotingRules.named(rule), splitter, times),
            wrong.get(i));
      }
      return new Row(name, detection.precision(), detection.recall(), detection.f1());
    }
  }
}

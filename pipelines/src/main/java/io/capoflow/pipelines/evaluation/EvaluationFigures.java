package io.capoflow.pipelines.evaluation;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.steps.StepSplitter;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import io.capoflow.worlds.truth.SolutionTruth;
import io.capoflow.worlds.truth.SolutionTruths;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What was measured. Greedy and sampled responses are two populations: a figure of one is no
 * baseline for a figure of the other, so each has all figures.
 *
 * @param problems how many were asked
 * @param greedy of one greedy response a problem
 * @param sampled of the sampled responses; their share of right answers is pass@1
 * @param meanTokens of the greedy responses
 */
public record EvaluationFigures(
    int problems, Responses greedy, Responses sampled, double meanTokens) {
  private static final String GREEDY = "greedy_";
  private static final String SAMPLED = "sampled_";

  public EvaluationFigures {
    requireNonNull(greedy, "greedy");
    requireNonNull(sampled, "sampled");
  }

  /**
   * Figures of responses that were decoded in one way.
   *
   * @param rightShare share of right answers
   * @param stepCorrectness mean share of the steps a problem asks for that are there and right;
   *     absent where no steps of these problems are known
   * @param flawedPositiveShare share of the right answers that hold a wrong step; absent where no
   *     steps are known or nothing is right
   */
  public record Responses(
      double rightShare, Optional<Double> stepCorrectness, Optional<Double> flawedPositiveShare) {
    private static final String STEP_CORRECTNESS = "step_correctness";
    private static final String FLAWED_POSITIVE_SHARE = "flawed_positive_share";

    public Responses {
      requireNonNull(stepCorrectness, "stepCorrectness");
      requireNonNull(flawedPositiveShare, "flawedPositiveShare");
    }

    /** The figures of steps that there are, by name. */
    Map<String, Double> ofSteps(String prefix) {
      Map<String, Double> figures = new TreeMap<>();
      stepCorrectness.ifPresent(value -> figures.put(prefix + STEP_CORRECTNESS, value));
      flawedPositiveShare.ifPresent(value -> figures.put(prefix + FLAWED_POSITIVE_SHARE, value));
      return figures;
    }
  }

  /** By the names that {@code metrics.parquet} and {@code summary.json} use. */
  public Map<String, Double> named() {
    Map<String, Double> figures = new TreeMap<>();
    figures.put("problems", (double) problems);
    figures.put("accuracy", greedy.rightShare());
    figures.put("pass_rate", sampled.rightShare());
    figures.putAll(greedy.ofSteps(GREEDY));
    figures.putAll(sampled.ofSteps(SAMPLED));
    figures.put("mean_tokens", meanTokens);
    return figures;
  }

  /**
   * What {@link #named} wrote. Older code wrote two of the figures of steps alone: the greedy
   * responses' step correctness and the sampled ones' flawed positives, without saying which.
   */
  public static EvaluationFigures ofNamed(Map<String, Double> figures) {
    return new EvaluationFigures(
        figures.get("problems").intValue(),
        new Responses(
            figures.get("accuracy"),
            first(figures, GREEDY + Responses.STEP_CORRECTNESS, Responses.STEP_CORRECTNESS),
            first(figures, GREEDY + Responses.FLAWED_POSITIVE_SHARE)),
        new Responses(
            figures.get("pass_rate"),
            first(figures, SAMPLED + Responses.STEP_CORRECTNESS),
            first(
                figures,
                SAMPLED + Responses.FLAWED_POSITIVE_SHARE,
                Responses.FLAWED_POSITIVE_SHARE)),
        figures.get("mean_tokens"));
  }

  /**
   * The figures of a measurement that was kept.
   *
   * @param directory where {@link Evaluation#measure} kept it
   * @throws io.capoflow.schemas.UserMistake when it is not complete, or damaged
   */
  public static EvaluationFigures read(Path directory, StepSplitter splitter) {
    SolutionTruths truths = new SolutionTruths(splitter);
    return of(
        Judged.read(directory.resolve("greedy"), truths),
        Judged.read(directory.resolve("sampled"), truths));
  }

  static EvaluationFigures of(Judged greedy, Judged sampled) {
    return new EvaluationFigures(
        greedy.count, greedy.figures(), sampled.figures(), greedy.tokens / (double) greedy.count);
  }

  private static Optional<Double> first(Map<String, Double> figures, String... names) {
    return Stream.of(names).map(figures::get).filter(Objects::nonNull).findFirst();
  }

  /** Rollouts with their verdicts, of which one shard is in memory at a time. */
  static final class Judged {
    private final SolutionTruths truths;
    private int count;
    private int right;
    private long tokens;
    private double correctness;
    private int known;
    private int rightAndKnown;
    private int flawed;

    Judged(SolutionTruths truths) {
      this.truths = truths;
    }

    private static Judged read(Path pass, SolutionTruths truths) {
      Path rollouts = pass.resolve(Stage.ROLLOUTS.folder());
      Path verdicts = pass.resolve(Stage.VERDICTS.folder());
      StageManifest asked = manifest(rollouts);
      StageManifest verified = manifest(verdicts);
      Judged judged = new Judged(truths);
      for (StageManifest.Shard kept : asked.shards()) {
        int shard = kept.shard();
        judged.add(
            StageManifest.rows(rollouts, Rollout.class, asked, shard),
            StageManifest.rows(verdicts, Verdict.class, verified, shard));
      }
      return judged;
    }

    private static StageManifest manifest(Path stage) {
      return StageManifest.find(stage)
          .orElseThrow(() -> new UserMistake(stage + " is not complete"));
    }

    void add(List<Rollout> rollouts, List<Verdict> verdicts) {
      Set<String> areRight = new HashSet<>();
      for (Verdict verdict : verdicts) {
        if (verdict.getOutcome() == 1) {
          areRight.add(verdict.getRolloutId());
        }
      }
      right += areRight.size();
      for (Rollout rollout : rollouts) {
        count++;
        tokens += rollout.getResponseTokenIds().size();
        truths
            .of(rollout)
            .ifPresent(truth -> add(truth, areRight.contains(rollout.getRolloutId())));
      }
    }

    private void add(SolutionTruth truth, boolean isRight) {
      known++;
      correctness += truth.stepCorrectness();
      if (isRight) {
        rightAndKnown++;
        flawed += truth.wrongSteps().isEmpty() ? 0 : 1;
      }
    }

    private Responses figures() {
      return new Responses(
          right / (double) count,
          known == 0 ? Optional.empty() : Optional.of(correctness / known),
          rightAndKnown == 0 ? Optional.empty() : Optional.of(flawed / (double) rightAndKnown));
    }
  }
}

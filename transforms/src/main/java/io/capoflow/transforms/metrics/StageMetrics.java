package io.capoflow.transforms.metrics;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.critic.AnswerCounts;
import java.io.Serializable;
import org.apache.beam.sdk.metrics.Metrics;

/**
 * Counts what a stage does: as Beam metrics of the job, named by the stage's verb, and in the
 * {@linkplain WorkerCounts counts of the process}.
 *
 * <p>For the thread of a bundle alone: Beam does not know on others whose metrics they are.
 */
public final class StageMetrics implements Serializable {
  private static final long serialVersionUID = 1L;

  private final String verb;

  private StageMetrics(String verb) {
    this.verb = requireNonNull(verb, "verb");
  }

  /** Those of the stage of that verb. */
  public static StageMetrics of(String verb) {
    return new StageMetrics(verb);
  }

  /** Counts so many more. */
  public void add(StageFigure figure, long more) {
    add(verb, figure, more);
  }

  /** One more value of a distribution. */
  public void update(StageFigure figure, long value) {
    if (!figure.isDistribution()) {
      throw new IllegalArgumentException(figure + " is no distribution");
    }
    Metrics.distribution(verb, figure.text()).update(value);
    WorkerCounts.add(verb, figure, value);
  }

  /**
   * Counts what came about in this process since any stage looked last: models that were loaded,
   * and answers of servers. Several stages and slots share these, so each is counted once, by the
   * one that looks first.
   */
  public void addOfProcess() {
    for (LoadedModels.Role role : LoadedModels.Role.values()) {
      StageFigure figure =
          switch (role) {
            case POLICY -> StageFigure.POLICY_LOADS;
            case CRITIC -> StageFigure.CRITIC_LOADS;
            case REFERENCE -> StageFigure.REFERENCE_LOADS;
            case BASE -> StageFigure.BASE_LOADS;
            case LEARNER -> StageFigure.LEARNER_LOADS;
          };
      claim(StageFigure.Stages.MODELS, figure, LoadedModels.loads(role));
    }
    claim("critique", StageFigure.JOURNAL_HITS, AnswerCounts.found());
    claim("critique", StageFigure.CALLS, AnswerCounts.calls());
  }

  /** A model that was loaded outside the cache which all stages share. */
  public void addLoad(StageFigure figure) {
    add(StageFigure.Stages.MODELS, figure, 1);
  }

  private static void claim(String owner, StageFigure figure, long now) {
    long more = WorkerCounts.claim(figure, now);
    if (more > 0) {
      add(owner, figure, more);
    }
  }

  private static void add(String owner, StageFigure figure, long more) {
    Metrics.counter(owner, figure.text()).inc(more);
    WorkerCounts.add(owner, figure, more);
  }
}

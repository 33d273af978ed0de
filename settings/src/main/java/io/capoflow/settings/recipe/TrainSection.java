package io.capoflow.settings.recipe;

import io.capoflow.models.learning.LearningRateSchedule;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.SharedKeys;
import java.util.Optional;

/** The objective and its optimizer. */
public record TrainSection(
    @Key(doc = "Passes over an iteration's rollouts", defaults = "4", range = "[1, )") int epochs,
    @Key(doc = "Peak learning rate", defaults = "1e-7", range = "(0, )") double learningRate,
    @Key(doc = "Course of the learning rate after the warm-up", defaults = "constant")
        LearningRateSchedule.Kind schedule,
    @Key(doc = "Optimizer steps over which the rate rises from 0", defaults = "0", range = "[0, )")
        int warmupSteps,
    @Key(
            doc =
                "Optimizer steps after which a cosine reaches its floor, the warm-up included;"
                    + " apart from iterations, so that a longer run repeats the shorter one",
            range = "[1, )")
        Optional<Integer> scheduleSteps,
    @Key(doc = "Share of the peak rate where a cosine ends", defaults = "0", range = "[0, 1]")
        double floor,
    @Key(doc = "The ratio is clipped at 1 - clip_low", defaults = "0.2", range = "(0, 1]")
        double clipLow,
    @Key(doc = "The ratio is clipped at 1 + clip_high", defaults = "0.2", range = "(0, )")
        double clipHigh,
    @Key(
            doc =
                "Bound c on the loss of tokens with a negative advantage and a large ratio: c times"
                    + " the advantage",
            defaults = "3",
            range = "(1, )")
        double dualClip,
    @Key(
            doc = "Weight β of the KL divergence to the reference; 0: no reference",
            defaults = "0.01",
            range = "[0, )")
        double klCoefficient,
    @Key(doc = "Estimator of the KL divergence", defaults = "k3")
        ObjectiveSettings.KlEstimator klEstimator,
    @Key(
            doc =
                "How token losses are summed: the mean over responses of each one's mean, one mean"
                    + " over all tokens, or the mean over responses of each one's sum",
            defaults = "sequence_mean")
        ObjectiveSettings.LossAggregation aggregation,
    @SharedKeys OptimizerKeys optimizer,
    @SharedKeys ComputeKeys compute,
    @SharedKeys WorkerKeys workers) {
  public TrainSection {
    if (schedule == LearningRateSchedule.Kind.COSINE && scheduleSteps.isEmpty()) {
      throw new InvalidSetting(
          "schedule_steps", "is not set, but a cosine schedule needs its length");
    }
    if (scheduleSteps.isPresent() && scheduleSteps.get() <= warmupSteps) {
      throw new InvalidSetting("schedule_steps", "must exceed train.warmup_steps");
    }
  }

  /**
   * As the learner takes them.
   *
   * @param temperature at which rollouts were sampled
   */
  public ObjectiveSettings objective(double temperature) {
    return new ObjectiveSettings(
        clipLow, clipHigh, dualClip, klCoefficient, klEstimator, temperature, aggregation);
  }

  /** As the learner takes them; a constant rate has no length. */
  public LearningRateSchedule learningRates() {
    return new LearningRateSchedule(
        schedule, learningRate, warmupSteps, scheduleSteps.orElse(1), floor);
  }
}

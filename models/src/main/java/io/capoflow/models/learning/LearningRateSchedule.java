package io.capoflow.models.learning;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;

/**
 * Learning rate by optimizer step: a linear warm-up, then constant or a cosine down to a floor.
 *
 * @param peak highest rate
 * @param warmupSteps steps that climb to the peak; the last of them has it
 * @param totalSteps where the cosine reaches its floor, counted from step 0
 * @param floorRatio floor over peak, in [0, 1]
 */
public record LearningRateSchedule(
    Kind kind, double peak, long warmupSteps, long totalSteps, double floorRatio)
    implements Serializable {
  /** Shape after the warm-up. */
  public enum Kind {
    CONSTANT,
    COSINE
  }

  public LearningRateSchedule {
    requireNonNull(kind, "kind");
    if (!(peak >= 0) || Double.isInfinite(peak)) {
      throw new IllegalArgumentException("learning rate must be finite and not negative: " + peak);
    }
    if (warmupSteps < 0 || totalSteps < 1) {
      throw new IllegalArgumentException(
          "warm-up must not be negative, total steps positive: " + warmupSteps + ", " + totalSteps);
    }
    if (!(floorRatio >= 0 && floorRatio <= 1)) {
      throw new IllegalArgumentException("floor ratio must be in [0, 1]: " + floorRatio);
    }
  }

  public static LearningRateSchedule constant(double rate) {
    return new LearningRateSchedule(Kind.CONSTANT, rate, 0, 1, 1);
  }

  /** Rate of a step, counted from 0; past {@code totalSteps} the cosine stays at its floor. */
  public double rate(long step) {
    if (step < 0) {
      throw new IllegalArgumentException("steps count from 0: " + step);
    }
    if (step < warmupSteps) {
      return peak * (step + 1) / warmupSteps;
    }
    return switch (kind) {
      case CONSTANT -> peak;
      case COSINE -> {
        double span = Math.max(1, totalSteps - warmupSteps);
        double progress = Math.min(1, (step - warmupSteps) / span);
        // StrictMath: the rate decides weights bit for bit, on any machine.
        double share = 0.5 * (1 + StrictMath.cos(Math.PI * progress));
        yield peak * (floorRatio + (1 - floorRatio) * share);
      }
    };
  }
}

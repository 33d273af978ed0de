package io.capoflow.models.learning;

import java.io.Serializable;

/**
 * AdamW (Loshchilov and Hutter, 2019).
 *
 * @param beta1 decay of the first moment, in [0, 1)
 * @param beta2 decay of the second moment, in [0, 1)
 * @param epsilon added to the root of the second moment
 * @param weightDecay share of a matrix that a step of learning rate 1 removes; norms are not
 *     decayed
 * @param gradientNormClip longest gradient; 0 clips none
 */
public record AdamWSettings(
    double beta1, double beta2, double epsilon, double weightDecay, double gradientNormClip)
    implements Serializable {
  public AdamWSettings {
    if (!(beta1 >= 0 && beta1 < 1) || !(beta2 >= 0 && beta2 < 1)) {
      throw new IllegalArgumentException("betas must be in [0, 1): " + beta1 + ", " + beta2);
    }
    if (!(epsilon > 0)) {
      throw new IllegalArgumentException("epsilon must be positive: " + epsilon);
    }
    if (!(weightDecay >= 0)) {
      throw new IllegalArgumentException("weight_decay must not be negative: " + weightDecay);
    }
    if (!(gradientNormClip >= 0)) {
      throw new IllegalArgumentException(
          "gradient_norm_clip must not be negative: " + gradientNormClip);
    }
  }
}

package io.capoflow.models.lora;

import java.io.Serializable;
import java.util.List;

/**
 * Which of a decoder's matrices W get an adapter, and of which form: y = W x + scale · B A x, with
 * A [rank, inputs] and B [outputs, rank] (Hu et al. 2021, section 4.1). There is no dropout.
 *
 * @param rank r; 0 where there is no adapter and all of the model's parameters are trained
 * @param alpha what the scale is proportional to
 * @param targets the matrices, the same in every layer; kept in the order of {@link LoraTarget}
 * @param rankStabilised whether the scale is α/√r (Kalajdzievski 2023) in place of α/r
 */
public record LoraSettings(int rank, double alpha, List<LoraTarget> targets, boolean rankStabilised)
    implements Serializable {
  /** No adapter: full parameters. */
  public static final LoraSettings NONE = new LoraSettings(0, 1, List.of(), false);

  /**
   * @throws IllegalArgumentException when rank and targets do not go together or alpha is not
   *     positive
   */
  public LoraSettings {
    targets = targets.stream().sorted().distinct().toList();
    if (rank < 0 || (rank == 0) != targets.isEmpty()) {
      throw new IllegalArgumentException("rank " + rank + " with the targets " + targets);
    }
    if (!(alpha > 0) || Double.isInfinite(alpha)) {
      throw new IllegalArgumentException("alpha must be positive: " + alpha);
    }
  }

  /** The usual form, with the scale α/r. */
  public static LoraSettings of(int rank, double alpha, List<LoraTarget> targets) {
    return rank == 0 ? NONE : new LoraSettings(rank, alpha, targets, false);
  }

  /** Whether there is an adapter at all. */
  public boolean isAdapter() {
    return rank > 0;
  }

  /** What B A x is multiplied by. */
  public double scale() {
    return rank == 0 ? 0 : alpha / (rankStabilised ? Math.sqrt(rank) : rank);
  }
}

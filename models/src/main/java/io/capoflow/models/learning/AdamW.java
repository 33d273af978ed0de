package io.capoflow.models.learning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.tensor.NamedTensors;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.schemas.UserMistake;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.IntStream;

/** Gradients, moments and steps for the weights of one model. Not thread-safe. */
final class AdamW implements AutoCloseable {
  private final TorchScript script;
  private final NamedTensors weights;
  private final AdamWSettings settings;
  private final NamedTensors gradients;
  private final NamedTensors firstMoments;
  private final NamedTensors secondMoments;
  private final NDManager stepOwner;
  private final List<NDArray> stepTensors;
  private final int[] decayed;
  private final int[] undecayed;
  private long steps;

  AdamW(CausalLm model, AdamWSettings settings, Optional<OptimizerState> state) {
    this.script = model.script();
    this.weights = model.trainable();
    this.settings = settings;
    switch (weights.type()) {
      case F32, F64 -> {}
      case F16, BF16 ->
          throw new UserMistake(
              "training needs float32 weights, the model has "
                  + weights.type()
                  + "; load it for training, which widens them");
    }
    this.steps = state.map(OptimizerState::steps).orElse(0L);
    this.gradients = weights.zeros();
    this.firstMoments = moments(state, OptimizerState.FIRST_MOMENT);
    this.secondMoments = moments(state, OptimizerState.SECOND_MOMENT);
    this.stepOwner = weights.newScope();
    this.stepTensors =
        weights.arrays().stream().map(ignored -> stepOwner.create((float) steps)).toList();
    this.decayed = indices(true);
    this.undecayed = indices(false);
  }

  /** The gradients gathered so far. */
  NamedTensors gradients() {
    return gradients;
  }

  /** Adds others to those gathered, which have the same names. */
  void addGradients(NamedTensors others) {
    script.run("add_gradients", gradients.arrays(), others.arrays());
  }

  /**
   * Steps along the gathered gradients and clears them.
   *
   * @param gradientScale multiplies the gradients first
   * @return norm of the scaled gradients, before clipping
   * @throws DivergenceException when the norm is not finite; weights and moments are untouched
   */
  double apply(double learningRate, double gradientScale) {
    if (gradientScale != 1) {
      scale(gradientScale);
    }
    double norm = gradientNorm();
    if (!Double.isFinite(norm)) {
      clearGradients();
      throw new DivergenceException(
          "the gradient's norm is " + norm + " at optimizer step " + steps);
    }
    if (settings.gradientNormClip() > 0 && norm > settings.gradientNormClip()) {
      scale(settings.gradientNormClip() / (norm + 1e-6));
    }
    step(decayed, learningRate, settings.weightDecay());
    step(undecayed, learningRate, 0);
    steps++;
    clearGradients();
    return norm;
  }

  void clearGradients() {
    script.run("clear_gradients", gradients.arrays());
  }

  long steps() {
    return steps;
  }

  /** The memory itself: its tensors are copied from the device as they are read. */
  OptimizerState state() {
    return OptimizerState.of(steps, firstMoments.view(), secondMoments.view());
  }

  @Override
  public void close() {
    gradients.close();
    firstMoments.close();
    secondMoments.close();
    stepOwner.close();
  }

  private double gradientNorm() {
    try (NDManager scope = weights.newScope()) {
      return script.call(scope, "gradient_norm", gradients.arrays()).singletonOrThrow().getDouble();
    }
  }

  private void scale(double factor) {
    script.run("scale_gradients", gradients.arrays(), factor);
  }

  private void step(int[] indices, double learningRate, double weightDecay) {
    if (indices.length == 0) {
      return;
    }
    script.run(
        "adamw",
        pick(weights.arrays(), indices),
        pick(gradients.arrays(), indices),
        pick(firstMoments.arrays(), indices),
        pick(secondMoments.arrays(), indices),
        pick(stepTensors, indices),
        learningRate,
        settings.beta1(),
        settings.beta2(),
        weightDecay,
        settings.epsilon());
  }

  /** Matrices decay, norms do not: pulling a scale towards 0 serves nothing. */
  private int[] indices(boolean matrices) {
    return IntStream.range(0, weights.arrays().size())
        .filter(i -> (weights.shape(i).length > 1) == matrices)
        .toArray();
  }

  private static List<NDArray> pick(List<NDArray> arrays, int[] indices) {
    return Arrays.stream(indices).mapToObj(arrays::get).toList();
  }

  private NamedTensors moments(Optional<OptimizerState> state, String prefix) {
    if (state.isEmpty()) {
      return weights.zeros();
    }
    SortedMap<String, TensorData> moments = state.orElseThrow().moments(prefix);
    for (int i = 0; i < weights.names().size(); i++) {
      String name = weights.names().get(i);
      TensorData moment = moments.get(name);
      if (moment == null
          || !moment.dtype().equals(weights.type().name())
          || !Arrays.equals(moment.shape(), weights.shape(i))) {
        throw new UserMistake(
            "optimizer state: tensor "
                + prefix
                + name
                + " is missing or does not fit the model's; it belongs to another policy");
      }
    }
    return NamedTensors.copyOf(script, weights.device(), weights.names(), moments);
  }
}

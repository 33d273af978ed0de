package io.capoflow.models.learning;

import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.schemas.UserMistake;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * AdamW's memory, as {@code optimizer.safetensors} holds it: {@code exp_avg.NAME} and {@code
 * exp_avg_sq.NAME} for each weight, and {@code step}.
 *
 * @param tensors by those names; unmodifiable
 */
public record OptimizerState(SortedMap<String, TensorData> tensors) {
  static final String FIRST_MOMENT = "exp_avg.";
  static final String SECOND_MOMENT = "exp_avg_sq.";
  private static final String STEP = "step";

  /**
   * @throws UserMistake when the step count is missing
   */
  public OptimizerState {
    tensors = Collections.unmodifiableSortedMap(new TreeMap<>(tensors));
    TensorData step = tensors.get(STEP);
    if (step == null || !step.dtype().equals("I64") || step.content().length() != Long.BYTES) {
      throw new UserMistake(
          "optimizer state: tensor \"step\" is missing or no 64-bit integer; it is not a state that"
              + " CapoFlow wrote");
    }
  }

  /** Optimizer steps taken so far. */
  public long steps() {
    return tensors.get(STEP).bytes().getLong(0);
  }

  static OptimizerState of(
      long steps, SortedMap<String, TensorData> first, SortedMap<String, TensorData> second) {
    TreeMap<String, TensorData> tensors = new TreeMap<>();
    ByteBuffer step = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    step.putLong(0, steps);
    tensors.put(STEP, new TensorData("I64", new long[0], step.asReadOnlyBuffer()));
    first.forEach((name, tensor) -> tensors.put(FIRST_MOMENT + name, tensor));
    second.forEach((name, tensor) -> tensors.put(SECOND_MOMENT + name, tensor));
    return new OptimizerState(tensors);
  }

  /** The moments whose names begin with the prefix, under the weights' names. */
  SortedMap<String, TensorData> moments(String prefix) {
    TreeMap<String, TensorData> moments = new TreeMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (name.startsWith(prefix)) {
            moments.put(name.substring(prefix.length()), tensor);
          }
        });
    return moments;
  }
}

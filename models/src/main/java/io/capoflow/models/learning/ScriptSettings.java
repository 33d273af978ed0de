package io.capoflow.models.learning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.tensor.Torch;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A learner's settings as {@code loss.py} and {@code backward.py} read them: by name, each a tensor
 * of one number in main memory, since a script that differentiates takes tensors alone.
 */
final class ScriptSettings implements AutoCloseable {
  private final NDManager owner;
  private final Map<String, NDArray> tensors = new LinkedHashMap<>();

  ScriptSettings(CausalLm model, ObjectiveSettings objective, ComputeSettings compute) {
    owner = model.newScope();
    NDManager host = Torch.newHostScope(owner);
    objective.forScript().forEach((name, value) -> tensors.put(name, host.create(value)));
    compute.forScript().forEach((name, value) -> tensors.put(name, host.create(value)));
  }

  /** A copy, to which the caller may add. */
  Map<String, NDArray> tensors() {
    return new LinkedHashMap<>(tensors);
  }

  @Override
  public void close() {
    owner.close();
  }
}

package io.capoflow.models.tensor;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Finds out what a device computes by computing it. */
public final class DeviceProbe {
  private static final float[] SQUARE = {7, 10, 15, 22};

  private DeviceProbe() {}

  /**
   * The dtypes in which the device multiplies matrices rightly.
   *
   * @param device as {@link Torch#device} reads it
   * @throws io.capoflow.schemas.UserMistake when it is not there
   */
  public static List<ScalarType> dtypes(String device) {
    try (TorchScript script = TorchScript.compile(List.of("probe.py"), Map.of());
        NDManager manager = Torch.newManager(Torch.device(device))) {
      return Arrays.stream(ScalarType.values())
          .filter(type -> multiplies(script, manager, type))
          .toList();
    }
  }

  private static boolean multiplies(TorchScript script, NDManager manager, ScalarType type) {
    try (NDManager scope = manager.newSubManager()) {
      float[] square =
          script
              .call(scope, "product", scope.create(0f), type.code())
              .singletonOrThrow()
              .toFloatArray();
      return Arrays.equals(square, SQUARE);
    } catch (EngineException unsupported) {
      return false;
    }
  }
}

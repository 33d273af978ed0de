package io.capoflow.models.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import io.capoflow.schemas.UserMistake;

/**
 * A process of its own for {@link NumericsTest}, since numerics hold as long as a process lives.
 * Does what each argument says, and prints a line for each.
 */
final class NumericsProbe {
  private NumericsProbe() {}

  public static void main(String[] steps) {
    for (String step : steps) {
      String result;
      try {
        result = perform(step);
      } catch (UserMistake refused) {
        result = "refused: " + refused.getMessage();
      }
      System.out.println(step + " -> " + result);
    }
  }

  private static String perform(String step) {
    return switch (step) {
      case "native" -> use(Numerics.NATIVE);
      case "portable" -> use(Numerics.PORTABLE);
      case "load" -> Torch.version().isEmpty() ? "no version" : "loaded";
      case "load without Torch" -> loadWithoutTorch();
      case "dispatch" -> CpuDispatch.ofThisProcess().toString();
      case "compute" -> compute();
      case "cpu" -> Torch.device("cpu").toString();
      default -> throw new IllegalArgumentException(step);
    };
  }

  private static String use(Numerics numerics) {
    Torch.use(new TorchSettings(1, numerics));
    return Torch.numerics().text();
  }

  private static String loadWithoutTorch() {
    System.setProperty("ai.djl.offline", "true");
    return ai.djl.engine.Engine.getEngine("PyTorch").getEngineName();
  }

  /** The bits of a product's sum, which kernels add up in an order of their own. */
  private static String compute() {
    try (NDManager manager = Torch.newManager(Torch.device("cpu"))) {
      NDArray values =
          manager
              .arange(64f * 257)
              .toType(DataType.FLOAT32, false)
              .reshape(64, 257)
              .mul(0.37f)
              .sin();
      return Integer.toHexString(
          Float.floatToIntBits(values.matMul(values.transpose()).exp().sum().getFloat()));
    }
  }
}

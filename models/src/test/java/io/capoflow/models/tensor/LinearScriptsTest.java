package io.capoflow.models.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.capoflow.schemas.Draws;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LinearScriptsTest {
  private static final int INPUTS = 40;
  private static final int OUTPUTS = 24;

  /** Packed are matrices of at least so many numbers. */
  @ParameterizedTest
  @CsvSource({
    "linear_onednn.py, 0, 1, true",
    "linear_onednn.py, 0, 16, true",
    "linear_onednn.py, 0, 37, true",
    "linear_onednn.py, 961, 37, false",
    "linear_plain.py, 0, 37, false"
  })
  void aPackedMatrixMultipliesAsItself(String resource, int smallest, int rows, boolean isPacked) {
    try (TorchScript script =
            TorchScript.compile(
                List.of(resource, "layout.py"),
                Map.of("smallest_packed", Integer.toString(smallest)));
        NDManager scope = Torch.newManager(Torch.device("cpu"))) {
      float[] x = draws("x", rows * INPUTS);
      float[] w = draws("w", OUTPUTS * INPUTS);
      float[] b = draws("b", OUTPUTS);
      NDArray weight = scope.create(w, new Shape(OUTPUTS, INPUTS));
      NDArray packed = script.call(scope, "pack", weight, 64).singletonOrThrow();
      assertThat(script.call(scope, "is_packed", packed).singletonOrThrow().getFloat())
          .isEqualTo(isPacked ? 1 : 0);
      NDArray product =
          script
              .call(
                  scope,
                  "multiply",
                  scope.create(x, new Shape(rows, INPUTS)),
                  packed,
                  scope.create(b))
              .singletonOrThrow();

      assertThat(product.getShape()).isEqualTo(new Shape(rows, OUTPUTS));
      float[] actual = product.toFloatArray();
      for (int row = 0; row < rows; row++) {
        for (int output = 0; output < OUTPUTS; output++) {
          double expected = b[output];
          for (int i = 0; i < INPUTS; i++) {
            expected += (double) x[row * INPUTS + i] * w[output * INPUTS + i];
          }
          assertThat((double) actual[row * OUTPUTS + output]).isCloseTo(expected, within(1e-5));
        }
      }
    }
  }

  private static float[] draws(String name, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) Draws.gaussian(Draws.key("linear", name), i);
    }
    return values;
  }
}

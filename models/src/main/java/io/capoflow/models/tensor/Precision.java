package io.capoflow.models.tensor;

/**
 * In which element type a model computes; sums over many values (norms, attention, softmax, loss)
 * are float32 in either.
 */
public enum Precision {
  /** float32; a model that is stored in float64 computes in that. */
  F32,
  /** bfloat16. Trained weights, their gradients and moments are float32 all the same. */
  BF16;

  /** The element type of a model's weights that are only read. */
  ScalarType of(ScalarType stored) {
    return switch (this) {
      case F32 -> trained(stored);
      case BF16 -> ScalarType.BF16;
    };
  }

  /** The element type of weights that are trained: in half precision small steps would vanish. */
  static ScalarType trained(ScalarType stored) {
    return switch (stored) {
      case F16, BF16, F32 -> ScalarType.F32;
      case F64 -> ScalarType.F64;
    };
  }

  /** PyTorch's code of the type that weights are narrowed to; 0 where they stay as they are. */
  public int narrowing() {
    return switch (this) {
      case F32 -> 0;
      case BF16 -> ScalarType.BF16.code();
    };
  }
}

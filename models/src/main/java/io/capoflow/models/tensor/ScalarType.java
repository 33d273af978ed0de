package io.capoflow.models.tensor;

import java.util.Arrays;

/** Element types that weights may have: safetensors' name and PyTorch's code. */
public enum ScalarType {
  F16(5),
  F32(6),
  F64(7),
  BF16(15);

  private final int code;

  ScalarType(int code) {
    this.code = code;
  }

  /** PyTorch's {@code c10::ScalarType}. */
  public int code() {
    return code;
  }

  /** Whether a safetensors dtype is one of these. */
  public static boolean isKnown(String dtype) {
    return Arrays.stream(values()).anyMatch(type -> type.name().equals(dtype));
  }
}

package io.capoflow.models.tensor;

import java.util.Arrays;

/** Element types that weights may have: safetensors' name and PyTorch's code. */
public enum ScalarType {
  F16(5, 2),
  F32(6, 4),
  F64(7, 8),
  BF16(15, 2);

  private final int code;
  private final int bytes;

  ScalarType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** PyTorch's {@code c10::ScalarType}. */
  public int code() {
    return code;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether a safetensors dtype is one of these. */
  public static boolean isKnown(String dtype) {
    return Arrays.stream(values()).anyMatch(type -> type.name().equals(dtype));
  }
}

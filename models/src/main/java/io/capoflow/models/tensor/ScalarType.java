package io.capoflow.models.tensor;

import java.util.Arrays;

/** Element types that weights may have: safetensors' name and PyTorch's code. */
public enum ScalarType {
  F16(5, 2, "float16"),
  F32(6, 4, "float32"),
  F64(7, 8, "float64"),
  BF16(15, 2, "bfloat16");

  private final int code;
  private final int bytes;
  private final String torchName;

  ScalarType(int code, int bytes, String torchName) {
    this.code = code;
    this.bytes = bytes;
    this.torchName = torchName;
  }

  /** PyTorch's {@code c10::ScalarType}. */
  public int code() {
    return code;
  }

  /** Size of one element. */
  public int bytes() {
    return bytes;
  }

  /** Whether it is float32 or wider. */
  public boolean isWide() {
    return bytes >= F32.bytes;
  }

  /** The narrowest type that holds every value of both. */
  ScalarType holdingBoth(ScalarType other) {
    if (this == other) {
      return this;
    }
    return this == F64 || other == F64 ? F64 : F32;
  }

  /** As {@code torch_dtype} of a {@code config.json} spells it. */
  public String torchName() {
    return torchName;
  }

  /** Whether a safetensors dtype is one of these. */
  public static boolean isKnown(String dtype) {
    return Arrays.stream(values()).anyMatch(type -> type.name().equals(dtype));
  }
}

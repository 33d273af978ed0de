package io.capoflow.models.tensor;

import java.util.Arrays;

/** Element types that weights may have: safetensors' name and PyTorch's code. */
public enum ScalarType {
  F16(5, "float16"),
  F32(6, "float32"),
  F64(7, "float64"),
  BF16(15, "bfloat16");

  private final int code;
  private final String torchName;

  ScalarType(int code, String torchName) {
    this.code = code;
    this.torchName = torchName;
  }

  /** PyTorch's {@code c10::ScalarType}. */
  public int code() {
    return code;
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

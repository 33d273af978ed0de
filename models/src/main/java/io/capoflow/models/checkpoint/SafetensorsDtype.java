package io.capoflow.models.checkpoint;

import java.util.Arrays;
import java.util.Optional;

/** Element types of the safetensors format, under its own names. */
enum SafetensorsDtype {
  BOOL(1),
  U8(1),
  I8(1),
  F8_E5M2(1),
  F8_E4M3(1),
  I16(2),
  U16(2),
  F16(2),
  BF16(2),
  I32(4),
  U32(4),
  F32(4),
  F64(8),
  I64(8),
  U64(8);

  private final int bytes;

  SafetensorsDtype(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element. */
  int bytes() {
    return bytes;
  }

  static Optional<SafetensorsDtype> named(String name) {
    return Arrays.stream(values()).filter(dtype -> dtype.name().equals(name)).findFirst();
  }

  /**
   * Bytes of a tensor of that shape.
   *
   * @throws ArithmeticException when it does not fit in 63 bits
   */
  long length(long[] shape) {
    long length = bytes;
    for (long dimension : shape) {
      length = Math.multiplyExact(length, dimension);
    }
    return length;
  }
}

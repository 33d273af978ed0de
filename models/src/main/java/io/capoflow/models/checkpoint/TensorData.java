package io.capoflow.models.checkpoint;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Iterator;

/**
 * A tensor as a safetensors file holds it.
 *
 * @param dtype safetensors name: F32, F16, BF16, I64, …
 * @param shape dimensions, empty for a scalar
 * @param content little-endian, row-major, exactly the tensor's length
 */
public record TensorData(String dtype, long[] shape, TensorBytes content) {
  public TensorData {
    requireNonNull(dtype, "dtype");
    requireNonNull(shape, "shape");
    requireNonNull(content, "content");
  }

  /** A tensor whose bytes fit one buffer, which is not copied. */
  public TensorData(String dtype, long[] shape, ByteBuffer bytes) {
    this(dtype, shape, TensorBytes.of(bytes));
  }

  /**
   * All bytes in one little-endian, read-only buffer: for tensors that are known to be small. They
   * are copied where they lie in several parts.
   *
   * @throws IllegalStateException when the tensor does not fit a buffer; read {@link #content} then
   */
  public ByteBuffer bytes() {
    long length = content.length();
    // The longest array that a virtual machine is sure to give.
    if (length > Integer.MAX_VALUE - Long.BYTES) {
      throw new IllegalStateException(length + " bytes do not fit one buffer");
    }
    Iterator<ByteBuffer> parts = content.parts().iterator();
    ByteBuffer first = parts.hasNext() ? parts.next() : ByteBuffer.allocate(0);
    if (!parts.hasNext()) {
      return first.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }
    ByteBuffer whole = ByteBuffer.allocate((int) length).put(first);
    parts.forEachRemaining(whole::put);
    return whole.flip().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }
}

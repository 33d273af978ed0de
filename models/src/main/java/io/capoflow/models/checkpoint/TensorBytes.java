package io.capoflow.models.checkpoint;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The bytes of a tensor of any length, in parts, since a buffer ends at 2 GiB. They may lie in a
 * mapped file or on a device: reading may be all that brings them into memory, so a reader that can
 * work part by part should.
 */
public interface TensorBytes {
  /** Length of a part is a multiple of this, the last part's aside, so no element is divided. */
  int PART_ALIGNMENT = Long.BYTES;

  /** Length of all parts together. */
  long length();

  /**
   * The parts in order, each a little-endian, read-only buffer from position 0 to its limit, valid
   * until the next is asked for or longer.
   */
  Iterable<ByteBuffer> parts();

  /** Bytes from a buffer's start to its limit, whatever its position; it is not copied. */
  static TensorBytes of(ByteBuffer buffer) {
    return of(List.of(buffer));
  }

  /**
   * Bytes from several buffers, each from its start to its limit; none is copied.
   *
   * @throws IllegalArgumentException when a buffer other than the last would divide an element
   */
  static TensorBytes of(List<ByteBuffer> buffers) {
    List<ByteBuffer> parts =
        requireNonNull(buffers, "buffers").stream()
            .map(buffer -> buffer.asReadOnlyBuffer().rewind().slice())
            .toList();
    for (int i = 0; i + 1 < parts.size(); i++) {
      if (parts.get(i).limit() % PART_ALIGNMENT != 0) {
        throw new IllegalArgumentException("part " + i + " has " + parts.get(i).limit() + " bytes");
      }
    }
    long length = parts.stream().mapToLong(ByteBuffer::limit).sum();
    return new TensorBytes() {
      @Override
      public long length() {
        return length;
      }

      @Override
      public Iterable<ByteBuffer> parts() {
        return () ->
            parts.stream().map(part -> part.duplicate().order(ByteOrder.LITTLE_ENDIAN)).iterator();
      }
    };
  }
}

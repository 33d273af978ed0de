package io.capoflow.models.tensor;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Digests;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.SortedMap;

/** Content digest of named tensors: SHA-256 over name, dtype, shape and bytes in name order. */
public final class TensorDigest {
  private TensorDigest() {}

  /**
   * Lower-case hexadecimal. Independent of how the tensors are laid out in files.
   *
   * @throws Cancelled when the thread is interrupted
   */
  public static String of(SortedMap<String, TensorData> tensors) {
    MessageDigest sha = Digests.sha256();
    tensors.forEach(
        (name, tensor) -> {
          add(sha, name);
          add(sha, tensor.dtype());
          sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, tensor.shape().length));
          for (long dimension : tensor.shape()) {
            sha.update(ByteBuffer.allocate(Long.BYTES).putLong(0, dimension));
          }
          tensor.content().parts().forEach(part -> add(sha, part));
        });
    return HexFormat.of().formatHex(sha.digest());
  }

  /** Block by block: a mapped file's part may be 2 GiB. */
  private static void add(MessageDigest sha, ByteBuffer part) {
    while (part.hasRemaining()) {
      Cancelled.throwIfInterrupted("digesting tensors");
      int length = Math.min(NamedTensors.PART_BYTES, part.remaining());
      sha.update(part.slice(part.position(), length));
      part.position(part.position() + length);
    }
  }

  /** Length first, so that no two sequences of texts look alike. */
  private static void add(MessageDigest sha, String text) {
    byte[] bytes = text.getBytes(UTF_8);
    sha.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
    sha.update(bytes);
  }
}

package io.capoflow.schemas;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The digest of a collection of rows, as {@link Digests#ofRowDigests} gives it, of rows that come
 * one after the other. Holds the 32 bytes of each digest and no objects, so that ten million rows
 * take a third of a gigabyte. For one thread.
 */
public final class CollectionDigest {
  private static final int DIGEST_BYTES = 32;
  private static final int FIRST_ROWS = 16;

  /** By the first byte of the digests, so that only a part of them is sorted at a time. */
  private final byte[][] digests = new byte[256][0];

  private final int[] rowCounts = new int[digests.length];

  /** That of an empty collection, until rows are added. */
  public CollectionDigest() {}

  /**
   * Adds the digest of a row.
   *
   * @throws IllegalArgumentException when it is no SHA-256 in hexadecimal
   */
  public void add(String rowDigest) {
    byte[] bytes = HexFormat.of().parseHex(rowDigest);
    if (bytes.length != DIGEST_BYTES) {
      throw new IllegalArgumentException("no SHA-256: " + rowDigest);
    }
    int part = Byte.toUnsignedInt(bytes[0]);
    int rows = rowCounts[part];
    int size = DIGEST_BYTES * rows;
    if (size == digests[part].length) {
      digests[part] =
          Arrays.copyOf(digests[part], DIGEST_BYTES * Math.max(FIRST_ROWS, rows + rows / 2));
    }
    System.arraycopy(bytes, 0, digests[part], size, DIGEST_BYTES);
    rowCounts[part]++;
  }

  /** Lower-case hexadecimal; depends neither on the order nor on the partition of the rows. */
  public String value() {
    MessageDigest sha = Digests.sha256();
    for (int part = 0; part < digests.length; part++) {
      byte[][] sorted = new byte[rowCounts[part]][];
      for (int row = 0; row < sorted.length; row++) {
        sorted[row] =
            Arrays.copyOfRange(digests[part], row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES);
      }
      // As texts in lower-case hexadecimal are sorted.
      Arrays.sort(sorted, Arrays::compareUnsigned);
      Arrays.stream(sorted).forEach(sha::update);
    }
    return HexFormat.of().formatHex(sha.digest());
  }
}

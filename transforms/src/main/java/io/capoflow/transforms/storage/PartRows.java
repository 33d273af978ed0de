package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * What a part must hold.
 *
 * @param rows row count
 * @param digest of the rows, see {@link Digests}
 * @param schema fingerprint of the schema that the digest was made with, see {@link RowFormat}
 */
record PartRows(long rows, String digest, String schema) {
  PartRows {
    requireNonNull(digest, "digest");
    requireNonNull(schema, "schema");
  }

  static PartRows of(ShardCommit commit) {
    return new PartRows(commit.rows(), commit.digest(), commit.schema());
  }

  /** Whether rows of this type, as code of today makes them, can be compared by their digest. */
  boolean isOfToday(Class<? extends SpecificRecordBase> type) {
    return schema.equals(RowFormat.fingerprint(type));
  }

  /**
   * As {@link #read}, but for a part that this process committed lately and nobody wrote to since:
   * its rows are at hand, see {@link RecentRows}.
   *
   * @throws DamagedPart as {@link #read} does
   */
  <T extends SpecificRecordBase> List<T> readUnlessRecent(Path part, Class<T> type)
      throws DamagedPart {
    Optional<List<T>> recent = RecentRows.ofProcess().find(part, this, type);
    return recent.isPresent() ? recent.get() : read(part, type);
  }

  /**
   * Reads a part and holds it to this.
   *
   * @throws DamagedPart when it is absent, cannot be read, or holds other rows
   */
  <T extends SpecificRecordBase> List<T> read(Path part, Class<T> type) throws DamagedPart {
    List<T> found;
    try {
      found = ParquetRows.read(part, type);
    } catch (UserMistake unreadable) {
      if (!Files.exists(part)) {
        throw new DamagedPart("the file is gone");
      }
      throw new DamagedPart(unreadable.getMessage().replace(part + " ", "it "), unreadable);
    }
    if (found.size() != rows) {
      throw new DamagedPart("%d rows were committed, it holds %d".formatted(rows, found.size()));
    }
    String now = isOfToday(type) ? Digests.ofRows(found) : writtenDigest(part);
    if (!now.equals(digest)) {
      throw new DamagedPart(
          "rows of digest %s were committed, it holds others, of %s".formatted(digest, now));
    }
    return List.copyOf(found);
  }

  /** A digest depends on the schema: that of older rows is made by the schema in their file. */
  private static String writtenDigest(Path part) throws DamagedPart {
    try {
      return Digests.ofRowDigests(ParquetRows.digests(part).rowDigests());
    } catch (UserMistake | IOException unreadable) {
      throw new DamagedPart("it cannot be read", unreadable);
    }
  }
}

package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * What {@code run.json} says of a file of rows that the run keeps and nothing rewrites.
 *
 * @param rows row count
 * @param digest of the rows, see {@link Digests}: independent of how the file is laid out
 * @param sha256 of the file's bytes, in lower-case hexadecimal
 */
public record KeptFile(long rows, String digest, String sha256) {
  public KeptFile {
    requireNonNull(digest, "digest");
    requireNonNull(sha256, "sha256");
  }

  /**
   * The file as it is now.
   *
   * @throws UserMistake when it is absent or holds no such rows
   */
  public static <T extends SpecificRecordBase> KeptFile of(Path file, Class<T> type) {
    List<String> rows = new ArrayList<>();
    ParquetRows.forEach(file, type, row -> rows.add(Digests.ofRow(row)));
    return new KeptFile(rows.size(), Digests.ofRowDigests(rows), sha256(file));
  }

  /**
   * Rows of a file that a run keeps.
   *
   * @throws UserMistake when it is absent or damaged, with what mends it
   */
  public static <T extends SpecificRecordBase> List<T> read(Path file, Class<T> type) {
    try {
      return ParquetRows.read(file, type);
    } catch (UserMistake unreadable) {
      throw RunAdvice.damaged(file, unreadable.getMessage().replace(file + " ", "it "), unreadable);
    }
  }

  private static String sha256(Path file) {
    try {
      return Digests.ofFile(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}

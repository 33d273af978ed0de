package io.capoflow.transforms.journal;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a Parquet file of a journal was made of, as its metadata say. A file that is named there and
 * still lies in the folder is left over from a compaction that was killed: all of it is here.
 *
 * @param files that it was made of
 * @param duplicates answers that lost against another one with their key
 * @param damagedLines that were passed over
 * @param lastWritten the latest time at which an answer of these files was written
 */
record Origins(List<Source> files, long duplicates, long damagedLines, long lastWritten) {
  /** Of a file that was made of nothing. */
  static final Origins NONE = new Origins(List.of(), 0, 0, 0);

  private static final String KEY = "capoflow.journal.origins";

  Origins {
    files = List.copyOf(files);
  }

  /** A file with its length in bytes. */
  record Source(String name, long bytes) {
    Source {
      requireNonNull(name, "name");
    }
  }

  /** Whether nothing would be lost with it. */
  boolean isNothing() {
    return duplicates == 0 && damagedLines == 0;
  }

  /** For a Parquet file. */
  Map<String, String> metadata() {
    try {
      return Map.of(KEY, Json.WRITE_RECORDS.writeValueAsString(this));
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of a Parquet file; none where it says nothing. */
  static Origins of(Map<String, String> metadata) {
    String text = new HashMap<>(metadata).getOrDefault(KEY, "{\"files\":[]}");
    try {
      return Json.READ_RECORDS.readValue(text, Origins.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

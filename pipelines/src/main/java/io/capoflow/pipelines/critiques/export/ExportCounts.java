package io.capoflow.pipelines.critiques.export;

import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;

/**
 * What became of a dataset's rows. Immutable.
 *
 * @param written rows of the export
 * @param leftOut rows that were left out, for each reason that occurred, in the order of {@link
 *     LeftOut}
 */
public record ExportCounts(long written, Map<LeftOut, Long> leftOut) {
  public ExportCounts {
    Map<LeftOut, Long> ordered = new EnumMap<>(LeftOut.class);
    ordered.putAll(leftOut);
    leftOut = Collections.unmodifiableMap(ordered);
  }

  /** All rows that were given. */
  public long rows() {
    return written + leftOut.values().stream().mapToLong(Long::longValue).sum();
  }
}

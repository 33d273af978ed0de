package io.capoflow.runners.terminal;

import io.capoflow.schemas.Locations;
import java.nio.file.Path;
import java.util.Optional;

/** How DuckDB calls a place. */
public final class DuckDbAddress {
  private DuckDbAddress() {}

  /** Empty where DuckDB cannot read: it reads S3 by that name, and no HDFS. */
  public static Optional<String> of(Path place) {
    String text = place.toString();
    if (Locations.isLocal(place)) {
      return Optional.of(text);
    }
    return text.startsWith("s3a:") ? Optional.of("s3" + text.substring(3)) : Optional.empty();
  }
}

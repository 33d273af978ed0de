package io.capoflow.models.scoring;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Locations;
import java.io.Serializable;
import java.nio.file.Path;

/**
 * A model that is committed, so that its digest says what it is.
 *
 * @param directory of its checkpoint or adapter
 * @param digest of its content
 */
public record ScoredModel(String directory, String digest) implements Serializable {
  public ScoredModel {
    requireNonNull(directory, "directory");
    requireNonNull(digest, "digest");
  }

  /** Where it lies. */
  Path path() {
    return Locations.of(directory);
  }
}

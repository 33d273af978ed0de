package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Locations;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file that appears complete or not at all: written beside its place, moved there by {@link
 * #commit}, and deleted by {@link #close} where it was not.
 */
public final class DraftFile implements Closeable {
  private final Path target;
  private final Path draft;

  /** Nothing is created yet. */
  public DraftFile(Path target) {
    this.target = requireNonNull(target, "target");
    this.draft = Durable.draft(target);
    if (Locations.isLocal(draft)) {
      // Also after Ctrl-C.
      draft.toFile().deleteOnExit();
    }
  }

  /** Where to write. */
  public Path path() {
    return draft;
  }

  /** Puts what is written in its place, over what may be there. */
  public void commit() throws IOException {
    Durable.sync(draft);
    Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    Durable.sync(target.toAbsolutePath().getParent());
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(draft);
  }
}

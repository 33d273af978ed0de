package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;

/**
 * Something in a run directory that is not as the run's own records say.
 *
 * @param file that it is about, or a folder
 * @param found what is there in place of what was recorded, in words
 */
public record Flaw(Kind kind, Path file, String found) {
  /** How a file parts from what is recorded. */
  public enum Kind {
    /** It is there and holds something else. */
    DAMAGED,
    /** It is not there. */
    MISSING,
    /** It is there, and nothing records it. */
    EXTRA,
    /** Nothing was recorded by which it could be proven: an earlier version wrote it. */
    UNPROVEN
  }

  public Flaw {
    requireNonNull(kind, "kind");
    requireNonNull(file, "file");
    requireNonNull(found, "found");
  }

  /** A flaw of a file that is there. */
  public static Flaw damaged(Path file, String found) {
    return new Flaw(Kind.DAMAGED, file, found);
  }

  /** A flaw of a file that is not. */
  public static Flaw missing(Path file, String found) {
    return new Flaw(Kind.MISSING, file, found);
  }

  /** A file that nothing records. */
  public static Flaw extra(Path file, String found) {
    return new Flaw(Kind.EXTRA, file, found);
  }

  /** A file that no record can prove. */
  public static Flaw unproven(Path file, String found) {
    return new Flaw(Kind.UNPROVEN, file, found);
  }

  /** Whether the run is not whole because of it. */
  public boolean isDamage() {
    return kind != Kind.UNPROVEN;
  }
}

package io.capoflow.settings.binding;

import java.util.Locale;

/** What a key may do to a run that already exists. */
public enum KeyKind {
  /** Decides what is computed: a changed one is refused on an existing run. */
  CONTENT,
  /** Decides how and where: free to change between two starts of a run. */
  EXECUTION,
  /** May grow on an existing run, never shrink. */
  ITERATIONS;

  /** As the documentation spells it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}

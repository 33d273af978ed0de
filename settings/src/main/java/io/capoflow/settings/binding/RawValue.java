package io.capoflow.settings.binding;

import java.util.List;

/** A key's value before its type is considered. */
sealed interface RawValue {
  Origin origin();

  /** A scalar; an empty or null one says "none". */
  record One(RawScalar scalar, boolean none, Origin origin) implements RawValue {}

  /** A sequence of scalars. */
  record Many(List<RawScalar> items, Origin origin) implements RawValue {
    public Many {
      items = List.copyOf(items);
    }
  }
}

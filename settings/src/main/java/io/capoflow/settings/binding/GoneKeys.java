package io.capoflow.settings.binding;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Keys that a section had in earlier versions. A recipe that names one is refused with what to
 * write in its place; in a recipe that a run of an earlier version keeps it is passed over.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface GoneKeys {
  /** The keys, each once. */
  Gone[] value();

  /** One such key. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target({})
  @interface Gone {
    /** As a recipe wrote it, in snake_case. */
    String name();

    /** What to write in its place, as the rest of a sentence. */
    String instead();
  }
}

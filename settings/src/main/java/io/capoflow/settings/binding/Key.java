package io.capoflow.settings.binding;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A record component that a recipe may set. Its name in a recipe is the component's name in
 * snake_case.
 *
 * <p>Components may be {@code int}, {@code long}, {@code double}, {@code boolean}, {@code String},
 * {@code java.nio.file.Path}, {@link io.capoflow.schemas.JsonObject} (written as a mapping), an
 * enum (spelled in lower case), a {@code List} of one of these or an {@code Optional} of one of
 * these.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Key {
  /** Meaning and unit, one sentence without a final full stop. */
  String doc();

  /** The default as a recipe would write it; empty: the key must be set, unless it is optional. */
  String defaults() default "";

  KeyKind kind() default KeyKind.CONTENT;

  /** Interval of a number in the usual notation: {@code [0, 1]}, {@code (0, )}. */
  String range() default "";

  /** The texts allowed; empty: any. */
  String[] choices() default {};

  /**
   * An extension point with a {@code name()} method: the text must name one of the implementations
   * that {@link io.capoflow.schemas.Extensions} finds.
   */
  Class<?> extension() default void.class;

  /** What a text may begin with, a path following, in place of an extension's name. */
  String orPrefix() default "";

  /** Whether a list may be written as its one item. */
  boolean orOne() default false;

  /** Whether the default is the recipe file's own name, never inherited through {@code extends}. */
  boolean fromFileName() default false;
}

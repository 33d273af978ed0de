package io.capoflow.settings.binding;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A record component that is itself a record of keys, which several sections share. In a recipe
 * they stand among the section's own, at the component's place; the component has no name there.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface SharedKeys {
  /** The keys to which this section gives another default, limit or meaning than the record. */
  Own[] own() default {};

  /** One such key. */
  @Retention(RetentionPolicy.RUNTIME)
  @Target({})
  @interface Own {
    /** As a recipe writes it, in snake_case. */
    String name();

    /** What holds here in place of what the record says. */
    Key key();
  }
}

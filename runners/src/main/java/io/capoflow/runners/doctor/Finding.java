package io.capoflow.runners.doctor;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * What a check found.
 *
 * @param subject what was looked at
 * @param level how it is
 * @param found in words
 * @param cure what to do about it
 */
public record Finding(String subject, Level level, String found, Optional<String> cure) {
  /** How a subject is. */
  public enum Level {
    /** As it should be. */
    OK,
    /** Works, but not as well as it could. */
    WARN,
    /** Does not work. */
    FAIL
  }

  public Finding {
    requireNonNull(subject, "subject");
    requireNonNull(level, "level");
    requireNonNull(found, "found");
    requireNonNull(cure, "cure");
  }

  static Finding ok(String subject, String found) {
    return new Finding(subject, Level.OK, found, Optional.empty());
  }

  static Finding warn(String subject, String found, String cure) {
    return new Finding(subject, Level.WARN, found, Optional.of(cure));
  }

  static Finding fail(String subject, String found, String cure) {
    return new Finding(subject, Level.FAIL, found, Optional.of(cure));
  }
}

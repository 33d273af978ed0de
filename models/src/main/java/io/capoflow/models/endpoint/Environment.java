package io.capoflow.models.endpoint;

import java.util.Optional;

/** The variables of the process; tests give others. Thread-safe. */
@FunctionalInterface
interface Environment {
  /** Those of this process. */
  Environment OF_PROCESS = name -> Optional.ofNullable(System.getenv(name));

  /** A variable's value, empty where it is not set. */
  Optional<String> get(String name);

  /** The value of the first of these that is set to something. */
  default Optional<String> firstOf(String... names) {
    for (String name : names) {
      Optional<String> value = get(name).map(String::strip).filter(text -> !text.isEmpty());
      if (value.isPresent()) {
        return value;
      }
    }
    return Optional.empty();
  }
}

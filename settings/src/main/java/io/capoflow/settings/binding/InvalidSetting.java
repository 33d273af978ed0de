package io.capoflow.settings.binding;

import static java.util.Objects.requireNonNull;

/**
 * Thrown by the constructor of a recipe's record when values contradict each other; the binder adds
 * the place where the key was set.
 */
public final class InvalidSetting extends IllegalArgumentException {
  private final String key;

  /**
   * @param key relative to the record that throws, dotted where it lies in a section below
   * @param problem what is wrong and how to mend it
   */
  public InvalidSetting(String key, String problem) {
    super(requireNonNull(problem, "problem"));
    this.key = requireNonNull(key, "key");
  }

  public String key() {
    return key;
  }
}

package io.capoflow.settings.binding;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;

/**
 * One key set from outside the recipe file.
 *
 * @param key dotted, {@code credit.w_process}
 * @param value as a recipe would write it
 * @param origin how an error names it: {@code --set credit.w_process=0.5}, {@code --seed}
 */
public record Setting(String key, String value, String origin) {
  public Setting {
    requireNonNull(key, "key");
    requireNonNull(value, "value");
    requireNonNull(origin, "origin");
  }

  /**
   * Reads the argument of {@code --set}.
   *
   * @throws UserMistake unless it has the form {@code key=value}
   */
  public static Setting parse(String assignment) {
    int equals = assignment.indexOf('=');
    if (equals <= 0) {
      throw new UserMistake(
          "--set " + assignment + ": expects key=value, such as --set credit.w_process=0.5");
    }
    return new Setting(
        assignment.substring(0, equals).strip(),
        assignment.substring(equals + 1).strip(),
        "--set " + assignment);
  }

  /** A file named by a flag: relative to the working directory, as a shell completes it. */
  public static Setting file(String key, Path file, String flag) {
    return new Setting(key, file.toAbsolutePath().normalize().toString(), flag);
  }
}

package io.capoflow.schemas;

import java.util.Arrays;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Reads the columns of text in which each text stands for a value of an enum. */
final class ColumnTexts {
  private ColumnTexts() {}

  /**
   * The value that a text stands for.
   *
   * @param row gives the record in words, for the error to name
   * @throws UserMistake when it stands for none
   */
  static <E extends Enum<E>> E read(
      E[] values, Function<E, String> text, String stored, Supplier<String> row, String column) {
    return Arrays.stream(values)
        .filter(value -> text.apply(value).equals(stored))
        .findFirst()
        .orElseThrow(
            () ->
                new UserMistake(
                    "%s: %s is '%s', which this version does not know, only %s; read the file with the version that wrote it"
                        .formatted(
                            row.get(),
                            column,
                            stored,
                            Arrays.stream(values).map(text).collect(Collectors.joining(", ")))));
  }
}

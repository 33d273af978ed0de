package io.capoflow.datasets.rollouts;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.SourceColumn;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The columns of a row, and which of them have found a place in the rollout. A column without a
 * value is as good as none. Not thread-safe.
 */
final class RowColumns {
  private final ObjectNode row;
  private final Set<String> taken = new HashSet<>();
  private final List<SourceColumn> added = new ArrayList<>();

  RowColumns(ObjectNode row) {
    this.row = requireNonNull(row, "row");
  }

  /** All of it. */
  ObjectNode asObject() {
    return row;
  }

  /** Whether the row has a value there. */
  boolean has(String column) {
    return !isNothing(row.path(column));
  }

  /** Whether the row has the column, be it without a value. */
  boolean names(String column) {
    return row.has(column);
  }

  /** The first of these columns that has a value. */
  Optional<String> firstOf(List<String> columns) {
    return columns.stream().filter(this::has).findFirst();
  }

  /** A column's value; missing where the row has none. */
  JsonNode peek(String column) {
    return row.path(column);
  }

  /** The same, of a column that need not be kept for itself. */
  JsonNode take(String column) {
    taken.add(column);
    return row.path(column);
  }

  /** Keeps a column for itself after all, since the rollout has no place for all of it. */
  void keep(String column) {
    taken.remove(column);
  }

  /**
   * Takes the first of these columns that holds a text that is not blank, or a number: a name that
   * the source gives.
   */
  Optional<String> takeName(List<String> columns) {
    for (String column : columns) {
      JsonNode value = row.path(column);
      boolean named = value.isTextual() ? !value.textValue().isBlank() : value.isNumber();
      if (named) {
        return Optional.of(take(column).asText());
      }
    }
    return Optional.empty();
  }

  /** Keeps a value beside the columns that were not taken, as a column of its own. */
  void add(String name, JsonNode value) {
    if (!isNothing(value)) {
      added.add(column(name, value));
    }
  }

  /** The columns that were not taken, in the order of their names. */
  List<SourceColumn> rest() {
    return Stream.concat(
            row.properties().stream()
                .filter(field -> !taken.contains(field.getKey()) && !isNothing(field.getValue()))
                .map(field -> column(field.getKey(), field.getValue())),
            added.stream())
        .sorted(Comparator.comparing(SourceColumn::getName))
        .toList();
  }

  /** Names of all columns, in the row's order, those without a value in brackets. */
  List<String> all() {
    return row.properties().stream()
        .map(
            field ->
                field.getValue().isNull()
                    ? "(" + field.getKey() + ")"
                    : String.valueOf(field.getKey()))
        .toList();
  }

  private static SourceColumn column(String name, JsonNode value) {
    return new SourceColumn(name, value.isTextual() ? value.textValue() : value.toString());
  }

  private static boolean isNothing(JsonNode value) {
    return value.isNull() || value.isMissingNode();
  }
}

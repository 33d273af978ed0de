package io.capoflow.runners.terminal;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Columns of fixed width, right-aligned, as many as a terminal is wide. Immutable.
 *
 * @param <R> what a line shows
 */
final class Table<R> {
  private static final String GAP = "  ";

  private final List<Column<R>> columns;

  /**
   * One column.
   *
   * @param header also its least width
   * @param width room for its cells
   * @param cell text of a row
   */
  record Column<R>(String header, int width, Function<R, String> cell) {
    Column {
      requireNonNull(header, "header");
      requireNonNull(cell, "cell");
      width = Math.max(width, header.length());
    }
  }

  private Table(List<Column<R>> columns) {
    this.columns = List.copyOf(columns);
  }

  /** The first of the columns that fit. */
  static <R> Table<R> fitting(List<Column<R>> columns, int room) {
    List<Column<R>> fitting = new ArrayList<>();
    int used = 0;
    for (Column<R> column : columns) {
      used += (fitting.isEmpty() ? 0 : GAP.length()) + column.width();
      if (used > room) {
        break;
      }
      fitting.add(column);
    }
    return new Table<>(fitting);
  }

  String header() {
    return String.join(
        GAP, columns.stream().map(column -> pad(column.header(), column.width())).toList());
  }

  String line(R row) {
    return String.join(
        GAP,
        columns.stream().map(column -> pad(column.cell().apply(row), column.width())).toList());
  }

  private static String pad(String text, int width) {
    return " ".repeat(Math.max(0, width - text.length())) + text;
  }
}

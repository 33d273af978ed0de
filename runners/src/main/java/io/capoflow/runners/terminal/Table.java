package io.capoflow.runners.terminal;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Columns of fixed width, as many as a terminal is wide. Immutable.
 *
 * @param <R> what a line shows
 */
final class Table<R> {
  private static final String GAP = " ";

  private final List<Column<R>> columns;

  /** Where a cell's text stands in its column. */
  enum Alignment {
    LEFT,
    RIGHT
  }

  /**
   * One column.
   *
   * @param header also its least width
   * @param width room for its cells
   * @param alignment of header and cells
   * @param cell text of a row
   */
  record Column<R>(String header, int width, Alignment alignment, Function<R, String> cell) {
    Column {
      requireNonNull(header, "header");
      requireNonNull(alignment, "alignment");
      requireNonNull(cell, "cell");
      width = Math.max(width, header.length());
    }

    String pad(String text) {
      String blanks = " ".repeat(Math.max(0, width - text.length()));
      return switch (alignment) {
        case LEFT -> text + blanks;
        case RIGHT -> blanks + text;
      };
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
    return joined(column -> column.pad(column.header()));
  }

  String line(R row) {
    return joined(column -> column.pad(column.cell().apply(row)));
  }

  private String joined(Function<Column<R>, String> text) {
    return columns.stream().map(text).collect(Collectors.joining(GAP)).stripTrailing();
  }
}

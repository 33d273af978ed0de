package io.capoflow.datasets.rows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/** A row of a file that others wrote, before anything is known of its columns. */
public sealed interface FileRow {
  /** From 1: the line of a text file on which the row begins, the row of a Parquet file. */
  long line();

  /**
   * A column's value; missing where the row has none.
   *
   * @throws IllegalStateException when the row is {@link Unreadable}
   */
  JsonNode value(String column);

  /**
   * All columns.
   *
   * @throws IllegalStateException when the row is {@link Unreadable}
   */
  ObjectNode json();

  /** The row as text, as far as it can be shown. */
  String content();

  /**
   * A row of a text file.
   *
   * @param content as it stands in the file
   */
  record Json(long line, ObjectNode json, String content) implements FileRow {
    @Override
    public JsonNode value(String column) {
      return json.path(column);
    }
  }

  /** A row of Parquet. */
  record Parquet(long line, IndexedRecord values) implements FileRow {
    @Override
    public JsonNode value(String column) {
      Schema.Field field = values.getSchema().getField(column);
      return ParquetObjects.node(field == null ? null : values.get(field.pos()));
    }

    @Override
    public ObjectNode json() {
      return (ObjectNode) ParquetObjects.node(values);
    }

    @Override
    public String content() {
      return json().toString();
    }
  }

  /**
   * What is no row at all.
   *
   * @param fault what is wrong with it, in words
   */
  record Unreadable(long line, String fault, String content) implements FileRow {
    @Override
    public JsonNode value(String column) {
      throw new IllegalStateException("line " + line + " has no columns");
    }

    @Override
    public ObjectNode json() {
      throw new IllegalStateException("line " + line + " has no columns");
    }
  }

  /** A text, or a number as it is written; empty where the column holds neither. */
  default Optional<String> text(String column) {
    JsonNode value = value(column);
    return value.isTextual() || value.isNumber() ? Optional.of(value.asText()) : Optional.empty();
  }
}

package io.capoflow.datasets.verification;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.datasets.rows.ParquetObjects;
import java.util.Optional;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;

/** A row of an input file, before anything is known of its columns. */
sealed interface AnswerRow {
  /** From 1: the line of a text file, the row of a Parquet file. */
  long line();

  /** A column's value; missing where the row has none. */
  JsonNode value(String column);

  /** All columns. */
  ObjectNode json();

  /** A line of JSON. */
  record Json(long line, ObjectNode json) implements AnswerRow {
    @Override
    public JsonNode value(String column) {
      return json.path(column);
    }
  }

  /** A row of Parquet. */
  record Parquet(long line, IndexedRecord values) implements AnswerRow {
    @Override
    public JsonNode value(String column) {
      Schema.Field field = values.getSchema().getField(column);
      return ParquetObjects.node(field == null ? null : values.get(field.pos()));
    }

    @Override
    public ObjectNode json() {
      return (ObjectNode) ParquetObjects.node(values);
    }
  }

  /**
   * What is no row at all.
   *
   * @param content as far as it can be shown
   */
  record Unreadable(long line, String fault, String content) implements AnswerRow {
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

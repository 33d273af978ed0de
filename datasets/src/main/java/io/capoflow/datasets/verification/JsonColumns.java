package io.capoflow.datasets.verification;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.datasets.rows.FileRow;
import io.capoflow.datasets.rows.FileRows;
import io.capoflow.datasets.verification.FileVerification.Progress;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.avro.Schema;

/**
 * The columns that JSON rows make in Parquet: texts, whole numbers of 64 bits, other numbers, truth
 * values. A column that holds anything else, or several of these, becomes JSON text.
 */
final class JsonColumns {
  static final JsonColumns NONE = new JsonColumns(new LinkedHashMap<>());

  private static final int MOST = 1_000;
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,200}");

  private final Map<String, Schema.Type> types;

  private JsonColumns(Map<String, Schema.Type> types) {
    this.types = types;
    List.of("id", "response", "gold")
        .forEach(column -> types.putIfAbsent(column, Schema.Type.STRING));
  }

  /**
   * Reads a whole file for its columns.
   *
   * @throws UserMistake when a name cannot be that of a column
   */
  static JsonColumns of(Path file, Progress progress) {
    Map<String, Schema.Type> types = new LinkedHashMap<>();
    try (FileRows rows = AnswerFile.open(file, "columns", progress)) {
      for (Optional<FileRow> row = rows.next(); row.isPresent(); row = rows.next()) {
        if (row.get() instanceof FileRow.Json json && FileVerification.fault(json).isEmpty()) {
          json.json()
              .fields()
              .forEachRemaining(
                  column -> add(types, column.getKey(), column.getValue(), file, json.line()));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
    // Known in the data as nothing but null.
    types.replaceAll((name, type) -> type == Schema.Type.NULL ? Schema.Type.STRING : type);
    return new JsonColumns(types);
  }

  private static void add(
      Map<String, Schema.Type> types, String name, JsonNode value, Path file, long line) {
    if (!types.containsKey(name)) {
      boolean fits = isName(name);
      if (!fits || types.size() >= MOST) {
        throw new UserMistake(
            file
                + ":"
                + line
                + ": the column '"
                + name
                + "' "
                + (fits ? "is one too many (1,000)" : "has no name that Parquet takes here")
                + "; rename or drop it, or write .jsonl");
      }
    }
    types.merge(name, type(value), JsonColumns::common);
  }

  private static Schema.Type type(JsonNode value) {
    if (value.isNull()) {
      return Schema.Type.NULL;
    }
    if (value.isBoolean()) {
      return Schema.Type.BOOLEAN;
    }
    if (value.isIntegralNumber() && value.canConvertToLong()) {
      return Schema.Type.LONG;
    }
    return value.isFloatingPointNumber() ? Schema.Type.DOUBLE : Schema.Type.STRING;
  }

  private static Schema.Type common(Schema.Type one, Schema.Type other) {
    if (one == other || other == Schema.Type.NULL) {
      return one;
    }
    return one == Schema.Type.NULL ? other : Schema.Type.STRING;
  }

  /** Whether a column that we write can have the name. */
  static boolean isName(String name) {
    return NAME.matcher(name).matches();
  }

  List<Schema.Field> fields() {
    return types.entrySet().stream()
        .map(
            column ->
                new Schema.Field(
                    column.getKey(),
                    Schema.createUnion(
                        Schema.create(Schema.Type.NULL), Schema.create(column.getValue()))))
        .toList();
  }

  /** A value as its column holds it; {@code null} where the row has none. */
  static Object value(JsonNode value, Schema nullable) {
    if (value.isNull() || value.isMissingNode()) {
      return null;
    }
    return switch (nullable.getTypes().get(1).getType()) {
      case BOOLEAN -> value.booleanValue();
      case LONG -> value.longValue();
      case DOUBLE -> value.doubleValue();
      default -> value.isTextual() ? value.textValue() : value.toString();
    };
  }
}

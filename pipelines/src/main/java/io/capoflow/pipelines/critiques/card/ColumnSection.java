package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.CritiquedRollout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.avro.Schema;

/** Lists the columns of the dataset's rows with what their schema says of them. */
final class ColumnSection {
  private ColumnSection() {}

  static String of(CardFacts facts) {
    return """
        ## Columns

        One row of the table %s is one response. `critiques[].text` is the field `text` of each item of `critiques`.

        """
            .formatted(Markdown.name(facts.mainTable()))
        + table(CritiquedRollout.getClassSchema());
  }

  /** The columns of a table of such rows. */
  static String table(Schema row) {
    List<List<String>> rows = new ArrayList<>();
    list("", row, rows);
    return Markdown.table(List.of("column", "type", "what it holds"), rows);
  }

  private static void list(String prefix, Schema row, List<List<String>> rows) {
    for (Schema.Field field : row.getFields()) {
      String name = prefix + field.name();
      rows.add(
          List.of(
              "`" + name + "`",
              type(field.schema()),
              Markdown.text(Optional.ofNullable(field.doc()).orElse(""))));
      Schema value = present(field.schema());
      if (value.getType() == Schema.Type.RECORD) {
        list(name + ".", value, rows);
      } else if (value.getType() == Schema.Type.ARRAY
          && value.getElementType().getType() == Schema.Type.RECORD) {
        list(name + "[].", value.getElementType(), rows);
      }
    }
  }

  private static String type(Schema schema) {
    if (schema.getType() == Schema.Type.UNION) {
      return type(present(schema)) + " or null";
    }
    return switch (schema.getType()) {
      case ARRAY -> "list of " + type(schema.getElementType());
      case RECORD -> "struct";
      case INT -> "int32";
      case LONG -> "int64";
      case FLOAT, DOUBLE, BOOLEAN, STRING, BYTES, FIXED, ENUM, MAP, NULL, UNION ->
          schema.getType().getName();
    };
  }

  /** Without the null of a union. */
  private static Schema present(Schema schema) {
    return schema.getType() == Schema.Type.UNION
        ? schema.getTypes().stream()
            .filter(branch -> branch.getType() != Schema.Type.NULL)
            .findFirst()
            .orElseThrow()
        : schema;
  }
}

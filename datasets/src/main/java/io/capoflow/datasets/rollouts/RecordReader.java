package io.capoflow.datasets.rollouts;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.RecordClasses;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificData;

/**
 * Reads records of ours from JSON objects with their fields: what older versions did not write
 * takes its default, and fields that are none are passed over. Stateless and thread-safe.
 */
final class RecordReader {
  static {
    RecordClasses.trust();
  }

  private RecordReader() {}

  /**
   * Reads a record.
   *
   * @param type a generated class
   * @throws BadRolloutException with the first field that is absent or of another type
   */
  static <T extends IndexedRecord> T read(Class<T> type, JsonNode object)
      throws BadRolloutException {
    return type.cast(value(SpecificData.get().getSchema(type), object, ""));
  }

  private static Object value(Schema schema, JsonNode node, String place)
      throws BadRolloutException {
    return switch (schema.getType()) {
      case RECORD -> record(schema, node, place);
      case UNION -> node.isNull() ? null : value(schema.getTypes().get(1), node, place);
      case ARRAY -> list(schema, node, place);
      case MAP -> map(schema, node, place);
      case STRING -> require(node.isTextual(), place, "text") ? node.textValue() : null;
      case INT -> require(isInt(node), place, "whole number of 32 bits") ? node.intValue() : null;
      case LONG ->
          require(isLong(node), place, "whole number of 64 bits") ? node.longValue() : null;
      case FLOAT -> require(node.isNumber(), place, "number") ? node.floatValue() : null;
      case DOUBLE -> require(node.isNumber(), place, "number") ? node.doubleValue() : null;
      case BOOLEAN -> require(node.isBoolean(), place, "truth value") ? node.booleanValue() : null;
      case NULL, BYTES, FIXED, ENUM ->
          throw new IllegalArgumentException("no record of ours uses " + schema.getType());
    };
  }

  private static boolean isInt(JsonNode node) {
    return StepTruth.isWhole(node);
  }

  private static boolean isLong(JsonNode node) {
    return node.isNumber() && node.canConvertToLong() && node.canConvertToExactIntegral();
  }

  private static IndexedRecord record(Schema schema, JsonNode node, String place)
      throws BadRolloutException {
    require(node.isObject(), place, "object");
    SpecificData data = SpecificData.get();
    IndexedRecord record = (IndexedRecord) data.newRecord(null, schema);
    for (Schema.Field field : schema.getFields()) {
      JsonNode value = node.path(field.name());
      String inside = place.isEmpty() ? field.name() : place + "." + field.name();
      if (!value.isMissingNode()) {
        record.put(field.pos(), value(field.schema(), value, inside));
      } else if (field.hasDefaultValue()) {
        record.put(field.pos(), data.deepCopy(field.schema(), data.getDefaultValue(field)));
      } else {
        throw new BadRolloutException(RolloutRejection.BAD_COLUMN, inside + ": is absent");
      }
    }
    return record;
  }

  private static List<Object> list(Schema schema, JsonNode node, String place)
      throws BadRolloutException {
    require(node.isArray(), place, "list");
    List<Object> list = new ArrayList<>(node.size());
    for (JsonNode item : node) {
      list.add(value(schema.getElementType(), item, place + "[" + list.size() + "]"));
    }
    return list;
  }

  private static Map<String, Object> map(Schema schema, JsonNode node, String place)
      throws BadRolloutException {
    require(node.isObject(), place, "object");
    Map<String, Object> map = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      map.put(
          entry.getKey(),
          value(schema.getValueType(), entry.getValue(), place + "." + entry.getKey()));
    }
    return map;
  }

  private static boolean require(boolean fits, String place, String type)
      throws BadRolloutException {
    if (!fits) {
      throw new BadRolloutException(RolloutRejection.BAD_COLUMN, place + ": is no " + type);
    }
    return true;
  }
}

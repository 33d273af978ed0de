package io.capoflow.runners.diff;

import io.capoflow.runners.diff.Difference.Field;
import io.capoflow.schemas.Digests;
import io.capoflow.transforms.storage.RowFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.specific.SpecificRecordBase;

/** Finds the first row of two sets that differs, and what differs in it. */
final class RowComparison {
  private RowComparison() {}

  /**
   * The first difference, in the order of the rows' keys.
   *
   * @param where names the rows
   * @param columns that are compared
   */
  static <T extends SpecificRecordBase> Optional<Difference> first(
      String where, Class<T> type, Set<String> columns, List<T> left, List<T> right) {
    List<T> leftSorted = left.stream().sorted(RowFormat.order(type)).toList();
    List<T> rightSorted = right.stream().sorted(RowFormat.order(type)).toList();
    int common = Math.min(leftSorted.size(), rightSorted.size());
    for (int i = 0; i < common; i++) {
      T a = leftSorted.get(i);
      T b = rightSorted.get(i);
      int order = RowFormat.order(type).compare(a, b);
      if (order != 0) {
        return Optional.of(onlyIn(where, order < 0 ? "first" : "second", order < 0 ? a : b));
      }
      if (!Digests.ofRow(a).equals(Digests.ofRow(b))) {
        Optional<Field> field = field(columns, a, b);
        if (field.isPresent()) {
          return Optional.of(new Difference(where + ", row " + name(a), field));
        }
      }
    }
    if (leftSorted.size() != rightSorted.size()) {
      boolean first = leftSorted.size() > common;
      return Optional.of(
          onlyIn(
              where, first ? "first" : "second", (first ? leftSorted : rightSorted).get(common)));
    }
    return Optional.empty();
  }

  private static Difference onlyIn(String where, String run, IndexedRecord row) {
    return Difference.at(where + ", row " + name(row) + ": only in the " + run + " run");
  }

  private static String name(IndexedRecord row) {
    Schema schema = row.getSchema();
    String name = row.get(schema.getField("rollout_id").pos()).toString();
    Schema.Field critique = schema.getField("critique_index");
    return critique == null ? name : name + ", critique " + row.get(critique.pos());
  }

  private static Optional<Field> field(Set<String> columns, IndexedRecord a, IndexedRecord b) {
    return a.getSchema().getFields().stream()
        .filter(column -> columns.contains(column.name()) && !isVolatile(column))
        .flatMap(column -> field(column.name(), a.get(column.pos()), b.get(column.pos())).stream())
        .findFirst();
  }

  private static boolean isVolatile(Schema.Field field) {
    return Boolean.TRUE.equals(field.getObjectProp("volatile"));
  }

  /** The first field that differs, looking into records, lists and maps; volatile ones aside. */
  private static Optional<Field> field(String path, Object left, Object right) {
    if (left instanceof IndexedRecord a && right instanceof IndexedRecord b) {
      for (Schema.Field field : a.getSchema().getFields()) {
        if (isVolatile(field)) {
          continue;
        }
        Optional<Field> found =
            field(path + "." + field.name(), a.get(field.pos()), b.get(field.pos()));
        if (found.isPresent()) {
          return found;
        }
      }
      return Optional.empty();
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
        Optional<Field> found = field(path + "[" + i + "]", a.get(i), b.get(i));
        if (found.isPresent()) {
          return found;
        }
      }
      return a.size() == b.size()
          ? Optional.empty()
          : Optional.of(new Field(path, a.size() + " items", b.size() + " items"));
    }
    if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
      TreeSet<String> keys = new TreeSet<>();
      a.keySet().forEach(key -> keys.add(key.toString()));
      b.keySet().forEach(key -> keys.add(key.toString()));
      return keys.stream()
          .flatMap(key -> field(path + "." + key, a.get(key), b.get(key)).stream())
          .findFirst();
    }
    return Objects.equals(left, right)
        ? Optional.empty()
        : Optional.of(new Field(path, shown(left), shown(right)));
  }

  private static String shown(Object value) {
    return value == null ? "nothing" : value.toString();
  }
}

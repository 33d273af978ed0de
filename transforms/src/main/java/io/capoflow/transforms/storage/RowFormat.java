package io.capoflow.transforms.storage;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Objects;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.specific.SpecificRecordBase;

/** What all rows share: their order, their problem and the fingerprint of their schema. */
public final class RowFormat {
  private RowFormat() {}

  /**
   * By {@code rollout_id}, then by {@code critique_index} or else {@code critic} where rows have
   * one; problems by {@code problem_id}.
   */
  public static <T extends SpecificRecordBase> Comparator<T> order(Class<T> type) {
    Schema schema = ParquetRows.schema(type);
    Schema.Field rolloutId = schema.getField("rollout_id");
    int key = (rolloutId == null ? schema.getField("problem_id") : rolloutId).pos();
    Comparator<T> byKey = Comparator.comparing(row -> row.get(key).toString());
    Schema.Field critiqueIndex = schema.getField("critique_index");
    if (critiqueIndex != null) {
      return byKey.thenComparingInt(row -> (Integer) row.get(critiqueIndex.pos()));
    }
    Schema.Field critic = schema.getField("critic");
    return critic == null
        ? byKey
        : byKey.thenComparing(row -> Objects.toString(row.get(critic.pos()), ""));
  }

  /** The rollout that a row is about. */
  public static String rolloutId(SpecificRecordBase row) {
    return row.get("rollout_id").toString();
  }

  /** The problem that a row is about. */
  public static String problemId(SpecificRecordBase row) {
    return row instanceof Rollout rollout
        ? rollout.getProblem().getProblemId()
        : row.get("problem_id").toString();
  }

  /** SHA-256 of the schema's parsing canonical form (Avro specification). */
  public static String fingerprint(Class<? extends SpecificRecordBase> type) {
    return fingerprint(ParquetRows.schema(type));
  }

  /** The same of a schema that a file was written with. */
  public static String fingerprint(Schema schema) {
    String canonical = SchemaNormalization.toParsingForm(schema);
    return Digests.ofBytes(canonical.getBytes(StandardCharsets.UTF_8));
  }
}

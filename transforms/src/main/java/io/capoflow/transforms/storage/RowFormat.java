package io.capoflow.transforms.storage;

import io.capoflow.schemas.Digests;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.specific.SpecificRecordBase;

/** What all stages' rows share: their order within a shard and the fingerprint of their schema. */
public final class RowFormat {
  private RowFormat() {}

  /** By {@code rollout_id}, then by {@code critique_index} where rows have one. */
  public static <T extends SpecificRecordBase> Comparator<T> order(Class<T> type) {
    Schema schema = ParquetRows.schema(type);
    int rolloutId = schema.getField("rollout_id").pos();
    Comparator<T> byRollout = Comparator.comparing(row -> row.get(rolloutId).toString());
    Schema.Field critiqueIndex = schema.getField("critique_index");
    return critiqueIndex == null
        ? byRollout
        : byRollout.thenComparingInt(row -> (Integer) row.get(critiqueIndex.pos()));
  }

  /** SHA-256 of the schema's parsing canonical form (Avro specification). */
  public static String fingerprint(Class<? extends SpecificRecordBase> type) {
    String canonical = SchemaNormalization.toParsingForm(ParquetRows.schema(type));
    return Digests.ofBytes(canonical.getBytes(StandardCharsets.UTF_8));
  }
}

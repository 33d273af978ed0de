package io.capoflow.datasets.verification;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.datasets.rows.ParquetObjects;
import io.capoflow.transforms.verify.AnswerVerification;
import io.capoflow.transforms.verify.AnswerVerification.Timed;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.VerifierOptions;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;

/** The columns that a verdict adds to a row; columns of these names that are there are replaced. */
final class VerdictColumns {
  private static final Schema TEXT = Schema.create(Schema.Type.STRING);

  /** In the order in which they are added. */
  private static final Map<String, Schema> TYPES = types();

  private final String options;

  /**
   * @param options by which every row is verified
   */
  VerdictColumns(VerifierOptions options) {
    this.options = options.canonical();
  }

  private static Map<String, Schema> types() {
    Map<String, Schema> types = new LinkedHashMap<>();
    types.put("outcome", Schema.create(Schema.Type.INT));
    types.put("extracted", Schema.createUnion(Schema.create(Schema.Type.NULL), TEXT));
    types.put("reason", TEXT);
    types.put("gold_type", TEXT);
    types.put("route", TEXT);
    types.put("fuel", Schema.create(Schema.Type.LONG));
    types.put("verifier", TEXT);
    types.put("verifier_options", TEXT);
    return types;
  }

  static Set<String> names() {
    return TYPES.keySet();
  }

  static List<Schema.Field> fields() {
    return TYPES.entrySet().stream()
        .map(column -> new Schema.Field(column.getKey(), column.getValue()))
        .toList();
  }

  /** In the same order. Nothing here depends on time: the same input makes the same file. */
  List<Object> values(Timed timed) {
    Verification verification = timed.verification();
    List<Object> values = new ArrayList<>();
    values.add(verification.correct() ? 1 : 0);
    values.add(verification.extracted().orElse(null));
    values.add(verification.reason().name());
    values.add(verification.goldType());
    values.add(verification.route());
    values.add(verification.fuel());
    values.add(AnswerVerification.nameAndVersion(timed.judge()));
    values.add(options);
    return values;
  }

  /** Sets them behind the other columns. */
  static void set(ObjectNode row, List<Object> values) {
    row.remove(names());
    Iterator<Object> next = values.iterator();
    names().forEach(name -> row.set(name, ParquetObjects.node(next.next())));
  }
}

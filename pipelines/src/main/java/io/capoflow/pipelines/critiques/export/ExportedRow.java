package io.capoflow.pipelines.critiques.export;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** What one row of a dataset becomes in an export. */
sealed interface ExportedRow {
  /** A row of the export. */
  record Written(ObjectNode fields) implements ExportedRow {
    public Written {
      requireNonNull(fields, "fields");
    }
  }

  /** None, and why. */
  record Missing(LeftOut reason) implements ExportedRow {
    public Missing {
      requireNonNull(reason, "reason");
    }
  }
}

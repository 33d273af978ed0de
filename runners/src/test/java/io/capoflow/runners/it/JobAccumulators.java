package io.capoflow.runners.it;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.beam.sdk.util.VarInt;

/** Beam's metrics of a job, as {@code /jobs/ID/accumulators} of Flink's REST interface has them. */
final class JobAccumulators {
  private static final String COUNTER = "beam:metrics:sum_int64:v1";

  private JobAccumulators() {}

  /** Counters of all steps, added up by their names. */
  static SortedMap<String, Long> figures(JsonNode accumulators) {
    SortedMap<String, Long> figures = new TreeMap<>();
    try {
      for (JsonNode accumulator : accumulators.path("user-task-accumulators")) {
        JsonNode metrics = Json.STRICT.readTree(accumulator.path("value").asText());
        for (JsonNode metric : metrics.path("metrics").path("attempted")) {
          if (metric.path("type").asText().equals(COUNTER)) {
            JsonNode labels = metric.path("labels");
            String name = labels.path("NAMESPACE").asText() + "." + labels.path("NAME").asText();
            byte[] payload = Base64.getDecoder().decode(metric.path("payload").asText());
            figures.merge(name, VarInt.decodeLong(new ByteArrayInputStream(payload)), Long::sum);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return figures;
  }
}

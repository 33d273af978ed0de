package io.capoflow.pipelines.training;

import ai.djl.engine.Engine;
import io.capoflow.models.llama.CausalLm;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.beam.sdk.Pipeline;
import org.apache.parquet.Version;

/** The versions on which equal digests depend, as {@code run.json} records them. */
final class Versions {
  private Versions() {}

  static Map<String, String> all() {
    Map<String, String> versions = new TreeMap<>();
    versions.put("java", Runtime.version().toString());
    versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    versions.put("beam", implementation(Pipeline.class));
    versions.put("parquet", Version.VERSION_NUMBER);
    versions.put("pytorch", Engine.getInstance().getVersion());
    versions.put("djl", Engine.getDjlVersion());
    versions.put("capoflow", implementation(CausalLm.class));
    return versions;
  }

  private static String implementation(Class<?> type) {
    return Optional.ofNullable(type.getPackage().getImplementationVersion()).orElse("unknown");
  }
}

package io.capoflow.runners.cluster;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.stream.Collectors;
import org.apache.flink.configuration.Configuration;

/**
 * A key of a cluster's {@code config.yaml}.
 *
 * @param name as Flink documents it
 * @param value as Flink reads it
 * @param reason why it has this value: a sentence
 */
record ClusterKey(String name, String value, String reason) {
  ClusterKey {
    requireNonNull(name, "name");
    requireNonNull(value, "value");
    requireNonNull(reason, "reason");
  }

  /** The keys as YAML, each below its reason. */
  static String yaml(List<ClusterKey> keys) {
    return keys.stream().map(ClusterKey::yaml).collect(Collectors.joining("\n"));
  }

  /** What Flink makes of the keys. */
  static Configuration configuration(List<ClusterKey> keys) {
    Configuration configuration = new Configuration();
    keys.forEach(key -> configuration.setString(key.name(), key.value()));
    return configuration;
  }

  private String yaml() {
    return "# " + reason + "\n" + name + ": '" + value.replace("'", "''") + "'\n";
  }
}

package io.capoflow.pipelines;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;

/** Versions that the build wrote down: capoflow, beam, flink, djl, pytorch, parquet, avro. */
public final class BuildVersions {
  private static final String RESOURCE = "/capoflow-version.properties";

  private BuildVersions() {}

  /**
   * The version of one component.
   *
   * @throws IllegalArgumentException when the build wrote none down
   */
  public static String of(String component) {
    return Optional.ofNullable(all().get(component))
        .orElseThrow(
            () -> new IllegalArgumentException("no version of " + component + " was written down"));
  }

  /** All of them, by component. */
  public static Map<String, String> all() {
    Properties properties = new Properties();
    try (InputStream resource = BuildVersions.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IllegalStateException(RESOURCE + " is not on the class path");
      }
      properties.load(resource);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Map<String, String> versions = new TreeMap<>();
    properties.forEach(
        (component, version) -> versions.put(component.toString(), version.toString()));
    return versions;
  }
}

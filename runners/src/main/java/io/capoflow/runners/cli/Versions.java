package io.capoflow.runners.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** Versions that the build wrote down. */
public final class Versions implements IVersionProvider {
  private static final String RESOURCE = "/capoflow-version.properties";

  /** The version of a component: capoflow, beam, flink, djl, pytorch, parquet, avro. */
  static String of(String component) {
    Properties versions = new Properties();
    try (InputStream resource = Versions.class.getResourceAsStream(RESOURCE)) {
      if (resource == null) {
        throw new IllegalStateException(RESOURCE + " is not on the class path");
      }
      versions.load(resource);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    String version = versions.getProperty(component);
    if (version == null) {
      throw new IllegalArgumentException("no version of " + component + " was written down");
    }
    return version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {"capoflow " + of("capoflow")};
  }
}

package io.capoflow.transforms.filesystems;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/**
 * How a process reaches HDFS and S3: {@code core-site.xml} and {@code hdfs-site.xml} on the class
 * path or in the folder that {@code HADOOP_CONF_DIR} names, and for S3 what AWS's own tools read
 * from the environment. Keys are found by S3A itself, in {@code AWS_ACCESS_KEY_ID} and its kin, and
 * lie in no configuration of ours.
 */
final class HadoopSettings {
  private static final String DEFAULTS = "core-default.xml";
  private static final String FOLDER = "HADOOP_CONF_DIR";

  private HadoopSettings() {}

  static Configuration of(URI address) {
    return of(address, System.getenv());
  }

  static Configuration of(URI address, Map<String, String> environment) {
    Configuration configuration = new Configuration();
    String folder = environment.getOrDefault(FOLDER, "");
    if (!folder.isEmpty()) {
      for (String name : new String[] {"core-site.xml", "hdfs-site.xml"}) {
        Path file = Path.of(folder, name);
        if (Files.isRegularFile(file)) {
          configuration.addResource(new org.apache.hadoop.fs.Path(file.toUri()));
        }
      }
    }
    // What a run still writes after Ctrl-C must not find its file system closed.
    configuration.setBoolean("fs.automatic.close", false);
    if (address.getScheme().equals("s3a")) {
      s3(configuration, environment);
    }
    return configuration;
  }

  private static void s3(Configuration configuration, Map<String, String> environment) {
    // Hadoop's choice reads ahead in threads of its own, for columns of files that are far larger.
    suggest(configuration, "fs.s3a.input.stream.type", "classic");
    // No requests that ask whether a name is taken by a folder, or bring back emptied folders.
    suggest(configuration, "fs.s3a.performance.flags", "create,delete,mkdir");
    String endpoint =
        environment.getOrDefault(
            "AWS_ENDPOINT_URL_S3", environment.getOrDefault("AWS_ENDPOINT_URL", ""));
    if (!endpoint.isEmpty()) {
      suggest(configuration, "fs.s3a.endpoint", endpoint);
      // Servers other than Amazon's have seldom a name for each bucket.
      suggest(configuration, "fs.s3a.path.style.access", "true");
      suggest(
          configuration,
          "fs.s3a.connection.ssl.enabled",
          Boolean.toString(endpoint.startsWith("https:")));
    }
    String region =
        environment.getOrDefault(
            "AWS_REGION", environment.getOrDefault("AWS_DEFAULT_REGION", "us-east-1"));
    if (!endpoint.isEmpty() || environment.containsKey("AWS_REGION")) {
      suggest(configuration, "fs.s3a.endpoint.region", region);
    }
  }

  /** Sets a key unless somebody's file does: Hadoop's own defaults are no choice of anybody. */
  private static void suggest(Configuration configuration, String key, String value) {
    String[] sources = configuration.getPropertySources(key);
    if (sources == null || Arrays.stream(sources).allMatch(DEFAULTS::equals)) {
      configuration.set(key, value);
    }
  }
}

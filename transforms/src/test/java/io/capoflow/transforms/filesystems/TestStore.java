package io.capoflow.transforms.filesystems;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.capoflow.schemas.Locations;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * HDFS or S3 as a real server on loopback, in a process of its own that ends when this one does.
 * The folder that {@code HADOOP_CONF_DIR} names says how to reach it, to processes that are started
 * from here, too.
 */
public final class TestStore implements AutoCloseable {
  private final Process process;
  private final Path root;

  private TestStore(Process process, Path root) {
    this.process = process;
    this.root = root;
  }

  /** A name node with a data node. */
  public static TestStore hdfs(Path folder) {
    Process process = start("hdfs", "HdfsStore", folder);
    return new TestStore(process, Locations.of(address(process, "hdfs://") + "/"));
  }

  /** An S3 server with one bucket. */
  public static TestStore s3(Path folder) {
    String bucket = "bucket-" + UUID.randomUUID();
    Process process = start("s3", "S3Store", folder, bucket);
    String address = address(process, "http://");
    try {
      Path configuration = Path.of(System.getenv("HADOOP_CONF_DIR"));
      Files.createDirectories(configuration);
      Files.writeString(configuration.resolve("core-site.xml"), site(bucket, address));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new TestStore(process, Locations.of("s3a://" + bucket + "/"));
  }

  private static String site(String bucket, String address) {
    StringBuilder site = new StringBuilder("<configuration>");
    List.of(
            List.of("endpoint", address),
            List.of("endpoint.region", "us-east-1"),
            List.of("path.style.access", "true"),
            List.of("connection.ssl.enabled", "false"),
            List.of("access.key", "tester"),
            List.of("secret.key", "no-secret"))
        .forEach(
            pair ->
                site.append(
                        "<property><name>fs.s3a.bucket.%s.%s</name>".formatted(bucket, pair.get(0)))
                    .append("<value>%s</value></property>".formatted(pair.get(1))));
    return site.append("</configuration>").toString();
  }

  private static Process start(String store, String program, Path folder, String... arguments) {
    Path module = Path.of(System.getProperty("capoflow.home"), "stores", store, "target");
    try {
      Files.createDirectories(folder);
      Path libraries = module.resolve("classpath");
      if (!Files.isRegularFile(libraries)) {
        throw new AssertionError(
            libraries
                + " is not there: build the store with mvn -pl stores/%s package".formatted(store));
      }
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add("-Xmx512m");
      command.addAll(
          List.of(
              "-cp",
              module.resolve("classes") + File.pathSeparator + Files.readString(libraries),
              "io.capoflow.stores." + program,
              folder.toString()));
      command.addAll(List.of(arguments));
      return new ProcessBuilder(command)
          .directory(folder.toFile())
          .redirectError(folder.resolve("errors.txt").toFile())
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String address(Process process, String beginning) {
    // Left open: the server's output goes on.
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    try {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(beginning)) {
          return line.strip();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new AssertionError("the store ended before it was ready");
  }

  /** Where files go. */
  public Path root() {
    return root;
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
      process.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

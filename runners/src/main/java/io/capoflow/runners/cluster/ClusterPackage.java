package io.capoflow.runners.cluster;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/**
 * What a Flink cluster is given so that it can run our jobs: the libraries of its {@code lib/}, the
 * keys of its configuration, and a jar for {@code flink run}, which holds no class.
 *
 * @param jobJarBytes of {@link #JOB_JAR}
 * @param libraries jars in {@link #LIBRARIES}
 * @param librariesBytes of them
 * @param s3Libraries jars in {@link #S3_LIBRARIES}
 * @param s3LibrariesBytes of them
 */
public record ClusterPackage(
    long jobJarBytes, int libraries, long librariesBytes, int s3Libraries, long s3LibrariesBytes) {
  /** The entry point of {@code flink run}. */
  public static final String JOB_JAR = "capoflow-job.jar";

  /** What goes into the cluster's {@code lib/}. */
  public static final String LIBRARIES = "cluster-lib";

  /** What goes there, too, where runs lie in an object store. */
  public static final String S3_LIBRARIES = "cluster-lib-s3";

  /** What goes into the cluster's {@code config.yaml}. */
  public static final String KEYS = "conf-additions.yaml";

  private static final String MAIN_CLASS = "io.capoflow.runners.Main";

  /** Of what is packed here, so that the same classes make the same bytes. */
  private static final FileTime PACKED = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));

  /**
   * Writes a package.
   *
   * @param output a folder that is empty or not there
   * @param libraries of which those for {@code lib/} are copied
   * @throws UserMistake when the folder holds something, or cannot be written
   */
  public static ClusterPackage write(Path output, ClusterLibraries libraries) {
    requireNonNull(output, "output");
    try {
      requireEmpty(output);
      Path lib = Files.createDirectories(output.resolve(LIBRARIES));
      for (Path entry : libraries.clusterLib()) {
        copy(entry, lib);
      }
      Path s3 = Files.createDirectories(output.resolve(S3_LIBRARIES));
      for (Path entry : libraries.s3()) {
        copy(entry, s3);
      }
      Path jobJar = output.resolve(JOB_JAR);
      writeJobJar(jobJar);
      Files.writeString(
          output.resolve(KEYS),
          "# Goes into the config.yaml of the cluster, and of whoever calls flink run.\n\n"
              + ClusterKey.yaml(ClusterKeys.all())
              + ClusterKeys.OPTIONAL);
      return new ClusterPackage(
          Files.size(jobJar),
          libraries.clusterLib().size(),
          ClusterLibraries.bytes(List.of(lib)),
          libraries.s3().size(),
          ClusterLibraries.bytes(List.of(s3)));
    } catch (IOException e) {
      throw new UserMistake(
          "--output " + output + ": cannot be written (" + e + "); name a folder with room", e);
    }
  }

  private static void requireEmpty(Path output) throws IOException {
    Files.createDirectories(output);
    try (Stream<Path> files = Files.list(output)) {
      if (files.findAny().isPresent()) {
        throw new UserMistake("--output " + output + ": is there and not empty; name another one");
      }
    }
  }

  private static void copy(Path entry, Path lib) throws IOException {
    if (Files.isDirectory(entry)) {
      pack(entry, lib.resolve(nameOf(entry)));
    } else {
      Files.copy(entry, lib.resolve(entry.getFileName()));
    }
  }

  /** Where a build has not made a jar yet: {@code models/target/classes} is capoflow-models. */
  private static String nameOf(Path classes) {
    return "capoflow-%s.jar".formatted(classes.getParent().getParent().getFileName());
  }

  private static void pack(Path classes, Path jar) throws IOException {
    try (Stream<Path> walk = Files.walk(classes);
        JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (Path file : walk.filter(Files::isRegularFile).sorted().toList()) {
        JarEntry entry = new JarEntry(classes.relativize(file).toString());
        entry.setLastModifiedTime(PACKED);
        out.putNextEntry(entry);
        Files.copy(file, out);
        out.closeEntry();
      }
    }
  }

  private static void writeJobJar(Path jar) throws IOException {
    Manifest manifest = new Manifest();
    Attributes attributes = manifest.getMainAttributes();
    attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    attributes.put(Attributes.Name.MAIN_CLASS, MAIN_CLASS);
    JarEntry entry = new JarEntry("META-INF/MANIFEST.MF");
    entry.setLastModifiedTime(PACKED);
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file)) {
      out.putNextEntry(entry);
      manifest.write(out);
      out.closeEntry();
    }
  }
}

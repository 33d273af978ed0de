package io.capoflow.runners.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who brings which library onto a cluster, and that no two bring the same class. */
final class ClusterLibrariesTest {
  /**
   * Parquet's modules each hold the parts of fastutil that they use, under a name of their own. The
   * bytes are the same in all.
   */
  private static final Pattern SHARED_BY_PARQUET =
      Pattern.compile("shaded/parquet/it/unimi/dsi/fastutil/.*");

  @TempDir private Path directory;

  @Test
  void aClassPathIsDividedByWhoBringsWhat() throws IOException {
    List<Path> flink =
        files(
            "flink-runtime-1.19.3.jar",
            "flink-shaded-netty-4.1.91.Final-17.0.jar",
            "log4j-core-2.25.2.jar",
            "slf4j-api-2.0.17.jar",
            "kryo-2.24.0.jar",
            "javassist-3.24.0-GA.jar");
    List<Path> ours =
        files(
            "capoflow-models-0.1.0-SNAPSHOT.jar",
            "beam-runners-flink-1.19-2.70.0.jar",
            "beam-vendor-guava-32_1_2-jre-0.1.jar",
            "pytorch-native-cpu-2.7.1-linux-x86_64.jar",
            "nobody-knows-it-1.jar",
            "without-version.jar");
    List<Path> leftOut =
        files(
            "beam-runners-direct-java-2.70.0.jar",
            "capoflow-models-0.1.0-SNAPSHOT-tests.jar",
            "junit-jupiter-api-5.14.1.jar",
            "assertj-core-3.27.3.jar");
    Path classes = Files.createDirectories(directory.resolve("schemas/target/classes"));
    Path tests = Files.createDirectories(directory.resolve("schemas/target/test-classes"));

    String classPath =
        Stream.of(ours, leftOut, flink, List.of(classes, tests, directory.resolve("gone.jar")))
            .flatMap(List::stream)
            .map(Path::toString)
            .collect(Collectors.joining(File.pathSeparator));
    ClusterLibraries libraries = ClusterLibraries.of(classPath);

    assertThat(libraries.flink()).containsExactlyElementsOf(flink);
    assertThat(libraries.clusterLib())
        .containsExactlyElementsOf(Stream.concat(ours.stream(), Stream.of(classes)).toList());
    assertThat(libraries.leftOut())
        .containsExactlyElementsOf(Stream.concat(leftOut.stream(), Stream.of(tests)).toList());
  }

  @Test
  void thisProcessHasAllThatAClusterNeeds() {
    ClusterLibraries libraries = ClusterLibraries.ofThisProcess();
    assertThat(names(libraries.flink()))
        .anyMatch(name -> name.startsWith("flink-runtime-web-"))
        .anyMatch(name -> name.startsWith("log4j-core-"));
    assertThat(names(libraries.clusterLib()))
        .anyMatch(name -> name.startsWith("beam-runners-flink-"))
        .anyMatch(name -> name.startsWith("hadoop-client-runtime-"))
        .anyMatch(name -> name.startsWith("pytorch-native-cpu-"))
        .noneMatch(name -> name.startsWith("flink-"))
        .noneMatch(name -> name.startsWith("netty-"))
        .noneMatch(name -> name.startsWith("sdk-core-"));
    assertThat(names(libraries.s3()))
        .anyMatch(name -> name.startsWith("hadoop-aws-"))
        .anyMatch(name -> name.startsWith("sdk-core-"))
        .anyMatch(name -> name.startsWith("netty-transport-"));
  }

  @Test
  void noClassIsThereTwice() throws IOException {
    ClusterLibraries libraries = ClusterLibraries.ofThisProcess();
    Map<String, List<Holder>> holders = new LinkedHashMap<>();
    for (Path entry :
        Stream.of(libraries.flink(), libraries.clusterLib(), libraries.s3())
            .flatMap(List::stream)
            .toList()) {
      if (Files.isRegularFile(entry)) {
        addClasses(entry, holders);
      }
    }
    assertThat(holders).hasSizeGreaterThan(10_000);
    List<String> twice =
        holders.entrySet().stream()
            .filter(entry -> entry.getValue().size() > 1)
            .filter(entry -> !isShared(entry.getKey(), entry.getValue()))
            .map(entry -> entry.getKey() + " in " + entry.getValue())
            .toList();
    assertThat(twice).isEmpty();
  }

  private record Holder(String jar, long checksum) {}

  private static boolean isShared(String name, List<Holder> holders) {
    return SHARED_BY_PARQUET.matcher(name).matches()
        && holders.stream().map(Holder::checksum).distinct().count() == 1;
  }

  private static void addClasses(Path jar, Map<String, List<Holder>> holders) throws IOException {
    try (ZipFile file = new ZipFile(jar.toFile())) {
      for (Enumeration<? extends ZipEntry> entries = file.entries(); entries.hasMoreElements(); ) {
        ZipEntry entry = entries.nextElement();
        if (isClass(entry.getName())) {
          holders
              .computeIfAbsent(entry.getName(), name -> new ArrayList<>())
              .add(new Holder(jar.getFileName().toString(), entry.getCrc()));
        }
      }
    }
  }

  /** Classes below META-INF are versions of others for newer Java. */
  private static boolean isClass(String name) {
    return name.endsWith(".class")
        && !name.startsWith("META-INF/")
        && !name.endsWith("module-info.class");
  }

  private List<Path> files(String... names) throws IOException {
    List<Path> files = new ArrayList<>();
    for (String name : names) {
      files.add(Files.createFile(directory.resolve(name)));
    }
    return files;
  }

  private static List<String> names(List<Path> entries) {
    return entries.stream().map(entry -> entry.getFileName().toString()).toList();
  }
}

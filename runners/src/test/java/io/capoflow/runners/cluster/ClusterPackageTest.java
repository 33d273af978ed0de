package io.capoflow.runners.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.runners.Main;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.GlobalConfiguration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a cluster elsewhere is given. */
final class ClusterPackageTest {
  @TempDir private Path directory;
  private Path output;
  private ClusterLibraries libraries;

  @BeforeEach
  void layOutLibraries() throws IOException {
    output = directory.resolve("package");
    Path jar = Files.writeString(directory.resolve("library-1.jar"), "library");
    Path classes = Files.createDirectories(directory.resolve("schemas/target/classes/a"));
    Files.writeString(classes.resolve("A.class"), "class");
    Path flink = Files.writeString(directory.resolve("flink-core-1.19.3.jar"), "flink");
    Path s3 = Files.writeString(directory.resolve("hadoop-aws-3.jar"), "s3");
    libraries =
        new ClusterLibraries(
            List.of(flink), List.of(jar, classes.getParent()), List.of(s3), List.of());
  }

  @Test
  void thePackageHoldsLibrariesAndKeysAndAJarWithoutClasses() throws IOException {
    ClusterPackage written = ClusterPackage.write(output, libraries);

    try (Stream<Path> files = Files.walk(output)) {
      assertThat(files.filter(Files::isRegularFile).map(output::relativize).map(Path::toString))
          .containsExactlyInAnyOrder(
              "capoflow-job.jar",
              "conf-additions.yaml",
              "cluster-lib/library-1.jar",
              "cluster-lib-s3/hadoop-aws-3.jar",
              "cluster-lib/capoflow-schemas.jar");
    }
    assertThat(output.resolve("cluster-lib/library-1.jar")).hasContent("library");
    try (JarFile packed =
        new JarFile(output.resolve("cluster-lib/capoflow-schemas.jar").toFile())) {
      assertThat(packed.stream().map(ZipEntry::getName)).containsExactly("a/A.class");
    }
    try (JarFile job = new JarFile(output.resolve("capoflow-job.jar").toFile())) {
      assertThat(job.stream().map(ZipEntry::getName)).containsExactly("META-INF/MANIFEST.MF");
      assertThat(job.getManifest().getMainAttributes().getValue("Main-Class"))
          .isEqualTo(Main.class.getName());
    }
    assertThat(written)
        .isEqualTo(
            new ClusterPackage(
                Files.size(output.resolve("capoflow-job.jar")),
                2,
                Files.size(output.resolve("cluster-lib/library-1.jar"))
                    + Files.size(output.resolve("cluster-lib/capoflow-schemas.jar")),
                1,
                2));
  }

  @Test
  void flinkReadsTheKeys() throws IOException {
    ClusterPackage.write(output, libraries);
    Path conf = Files.createDirectories(directory.resolve("conf"));
    Files.copy(output.resolve("conf-additions.yaml"), conf.resolve("config.yaml"));
    Configuration read = GlobalConfiguration.loadConfiguration(conf.toString());
    assertThat(read.toMap()).isEqualTo(ClusterKey.configuration(ClusterKeys.all()).toMap());
    assertThat(CoreOptions.getParentFirstLoaderPatterns(read))
        .contains("io.capoflow.", "org.apache.beam.", "ai.djl.", "com.sun.jna.");
  }

  /** Who takes their signs away has keys that Flink reads. */
  @Test
  void thoseForPrometheusAreComments() throws IOException {
    ClusterPackage.write(output, libraries);
    Path conf = Files.createDirectories(directory.resolve("conf"));
    Files.writeString(
        conf.resolve("config.yaml"),
        Files.readString(output.resolve("conf-additions.yaml")).replace("#metrics.", "metrics."));
    Map<String, String> read = GlobalConfiguration.loadConfiguration(conf.toString()).toMap();
    assertThat(read)
        .containsEntry("metrics.reporter.prom.port", "9249-9260")
        .containsEntry(
            "metrics.reporter.prom.factory.class",
            "org.apache.flink.metrics.prometheus.PrometheusReporterFactory")
        .hasSize(ClusterKey.configuration(ClusterKeys.all()).toMap().size() + 2);
  }

  @Test
  void theSameClassesMakeTheSameBytes() throws IOException {
    ClusterPackage.write(output, libraries);
    Path again = directory.resolve("again");
    ClusterPackage.write(again, libraries);
    for (String file : List.of("capoflow-job.jar", "cluster-lib/capoflow-schemas.jar")) {
      assertThat(again.resolve(file)).hasSameBinaryContentAs(output.resolve(file));
    }
  }

  @Test
  void aFolderThatHoldsSomethingIsLeftAlone() throws IOException {
    Files.createDirectories(output);
    Files.writeString(output.resolve("mine"), "mine");
    assertThatThrownBy(() -> ClusterPackage.write(output, libraries))
        .isInstanceOf(UserMistake.class)
        .hasMessage("--output " + output + ": is there and not empty; name another one");
    assertThat(output.resolve("cluster-lib")).doesNotExist();
  }
}

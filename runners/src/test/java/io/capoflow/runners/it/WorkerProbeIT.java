package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.tensor.Numerics;
import io.capoflow.pipelines.workers.WorkerCheck;
import io.capoflow.runners.cluster.ClusterSettings;
import io.capoflow.runners.cluster.LocalCluster;
import io.capoflow.runners.engine.EnginePipelines;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.recipe.ExecutionSection;
import io.capoflow.transforms.workers.WorkerNeeds;
import io.capoflow.transforms.workers.Workers;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real worker says what it is, and is refused once its code is another. */
final class WorkerProbeIT {
  private static final long MEMORY = 5L << 30;

  @TempDir private Path directory;

  @Test
  void aWorkerSaysWhatItIsAndIsRefusedOnceItRunsAnotherBuild() throws Exception {
    ClusterSettings settings =
        ClusterSettings.in(directory.resolve("cluster"))
            .withWorkers(1, 2)
            .withNumerics(Numerics.PORTABLE)
            .withPort(0)
            .withMemory(MEMORY);
    Path run = Files.createDirectories(directory.resolve("run"));
    try (LocalCluster cluster = LocalCluster.up(settings, progress -> {})) {
      Workers workers = check(cluster, run);
      assertThat(workers.count()).isEqualTo(1);
      assertThat(workers.facts())
          .containsEntry("numerics", "portable")
          .containsEntry("aten_capability", "AVX2")
          .containsEntry("mkl_branch", "COMPATIBLE")
          .containsEntry("device", "cpu");
      assertThat(run).isEmptyDirectory();

      cluster.killTaskManager(1);
      changeOneResource(modelsJar(settings.directory()));
      cluster.startTaskManager(1);
      cluster.awaitReady(progress -> {});

      long pid = cluster.taskManagers().get(0).pid();
      assertThatThrownBy(() -> check(cluster, run))
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining("(process " + pid + ") has capoflow-models ")
          .hasMessageContaining("cluster-lib/");
      assertThat(run).isEmptyDirectory();
    }
  }

  private static Workers check(LocalCluster cluster, Path run) throws IOException {
    ExecutionSection execution =
        new ExecutionSection(ExecutionSection.Runner.FLINK, 1, Optional.of(cluster.address()), 60);
    try (EnginePipelines pipelines = EnginePipelines.of(execution, notice -> {})) {
      return WorkerCheck.of(
              pipelines,
              run,
              new WorkerNeeds(Optional.of(Numerics.PORTABLE), List.of("cpu"), Optional.empty()))
          .orElseThrow();
    }
  }

  private static Path modelsJar(Path cluster) throws IOException {
    try (Stream<Path> files = Files.walk(cluster)) {
      return files
          .filter(file -> file.getFileName().toString().matches("capoflow-models-.*\\.jar"))
          .findFirst()
          .orElseThrow();
    }
  }

  /** Another build of the jar, as somebody leaves it in {@code lib/}. */
  private static void changeOneResource(Path jar) throws IOException {
    Path other = jar.resolveSibling("other");
    try (JarFile old = new JarFile(jar.toFile());
        OutputStream out = Files.newOutputStream(other);
        JarOutputStream changed = new JarOutputStream(out)) {
      for (JarEntry entry : Collections.list(old.entries())) {
        changed.putNextEntry(new JarEntry(entry.getName()));
        old.getInputStream(entry).transferTo(changed);
        if (entry.getName().endsWith("/probe.py")) {
          changed.write('\n');
        }
        changed.closeEntry();
      }
    }
    Files.move(other, jar, StandardCopyOption.REPLACE_EXISTING);
  }
}

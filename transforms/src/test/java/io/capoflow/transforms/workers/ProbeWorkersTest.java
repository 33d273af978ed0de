package io.capoflow.transforms.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.tensor.Numerics;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ProbeWorkersTest {
  @TempDir private Path directory;

  private Path run() {
    return directory.resolve("run");
  }

  private Path journal() {
    return directory.resolve("journal");
  }

  @Test
  void aProcessSaysOnceWhatItIsAndLeavesNothing() throws IOException {
    WorkerNeeds needs =
        new WorkerNeeds(Optional.of(Numerics.NATIVE), List.of("cpu"), Optional.of(journal()));
    try (WorkerFolder folder = WorkerFolder.open(run(), needs)) {
      probe(folder);
      Workers workers = folder.workers();

      assertThat(workers.count()).isEqualTo(1);
      assertThatCode(workers::requireAlike).doesNotThrowAnyException();
      assertThat(workers.facts()).isEqualTo(MachineFacts.ofThisProcess(List.of("cpu")));
    }

    assertThat(files(run())).isEmpty();
    assertThat(files(journal())).isEmpty();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(journal())))
        .isEqualTo("rwx------");
  }

  @Test
  void aFolderOfTheSameNameElsewhereIsNotTheDriversFolder() throws IOException {
    try (WorkerFolder folder = WorkerFolder.open(run(), needs(Optional.empty()))) {
      unmark(run().resolve(".workers"));

      assertThatThrownBy(() -> probe(folder))
          .satisfies(
              failure ->
                  assertThat(UserMistake.in(failure).orElseThrow())
                      .hasMessage(
                          "%s does not see %s: put it on storage that every worker sees, under the same name (--run or --output)",
                          WorkerReport.ofThisProcess().name(), run()));
    }
  }

  @Test
  void aJournalThatAWorkerDoesNotSeeIsNamed() throws IOException {
    try (WorkerFolder folder = WorkerFolder.open(run(), needs(Optional.of(journal())))) {
      unmark(journal());
      probe(folder);

      assertThatThrownBy(() -> folder.workers().requireAlike())
          .isInstanceOf(UserMistake.class)
          .hasMessage(
              "%s does not see %s: put it on storage that every worker sees, under the same name (critique.journal)",
              WorkerReport.ofThisProcess().name(), journal());
    }
  }

  @Test
  void whatAnEarlierDriverLeftIsNobodysReport() throws IOException {
    Path left = Files.createDirectories(run().resolve(".workers"));
    WorkerReport.ofThisProcess().withFault("is gone").write(left);

    try (WorkerFolder folder = WorkerFolder.open(run(), needs(Optional.empty()))) {
      probe(folder);

      assertThatCode(() -> folder.workers().requireAlike()).doesNotThrowAnyException();
    }
  }

  @Test
  void aReportOfAnotherVersionIsReadForWhatItSays() throws IOException {
    Files.createDirectories(run());
    Files.writeString(
        run().resolve("later.worker"),
        "host=far\npid=many\ncode.beam=3\nmachine.cpu_vendor=Some\\u0020Maker\ncolour=blue\n");

    assertThat(WorkerReport.readAll(run()))
        .singleElement()
        .satisfies(
            report -> {
              assertThat(report.name()).isEqualTo("the worker on far (process 0)");
              assertThat(report.code()).containsOnlyKeys("beam");
              assertThat(report.machine()).containsEntry("cpu_vendor", "Some Maker");
              assertThat(report.fault()).isEmpty();
            });
  }

  private static WorkerNeeds needs(Optional<Path> journal) {
    return new WorkerNeeds(Optional.empty(), List.of(), journal);
  }

  private static void probe(WorkerFolder folder) {
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.create());
    pipeline.apply(ProbeWorkers.into(folder).withSlots(2));
    pipeline.run().waitUntilFinish();
  }

  /** As it is on a machine that has a folder of that name, but not this one. */
  private static void unmark(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(name -> name.toString().contains(".seen-")).toList()) {
        Files.delete(file);
      }
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}

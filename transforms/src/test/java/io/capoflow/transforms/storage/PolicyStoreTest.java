package io.capoflow.transforms.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyStoreTest {
  @TempDir Path root;

  @Test
  void aCancelledWriterLeavesNothingAndIsNobodysMistake() {
    PolicyStore store = new PolicyStore(root);
    for (PolicyStore.Writer writer :
        List.<PolicyStore.Writer>of(
            directory -> {
              Files.writeString(directory.resolve("model.safetensors"), "half of it");
              Thread.currentThread().interrupt();
              // An interrupt closes the channel that is written to.
              JsonFiles.write(directory.resolve("config.json"), Map.of());
              throw new AssertionError("it was written");
            },
            directory -> {
              Files.writeString(directory.resolve("model.safetensors"), "half of it");
              Thread.currentThread().interrupt();
              Cancelled.throwIfInterrupted("training");
              throw new AssertionError("it went on");
            },
            directory -> {
              Files.writeString(directory.resolve("model.safetensors"), "all of it");
              Thread.currentThread().interrupt();
              return new TrainerState(
                  new TrainerState.Lineage("v00001", "v00000", "digest", 8),
                  Map.of(),
                  List.of(),
                  Map.of(),
                  List.of());
            })) {
      assertThatThrownBy(() -> store.commit(1, writer)).isInstanceOf(Cancelled.class);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(store.find(1)).isEmpty();
      assertThat(root).isEmptyDirectory();
    }
  }

  @Test
  void versionAppearsWholeAndIsReadBack() {
    PolicyStore store = new PolicyStore(root);
    TrainerState state =
        new TrainerState(
            new TrainerState.Lineage("v00001", "v00000", "digest", 8),
            Map.of("kl", 0.25),
            List.of(Map.of("loss", 1.0), Map.of("loss", 0.5)),
            Map.of("update", 3.5),
            List.of(new KlToken("00000/p/001", 7, 3, "3", 1, 6391, -8.8, -0.014)));

    TrainerState committed =
        store.commit(
            1,
            directory -> {
              Files.writeString(directory.resolve("model.safetensors"), "weights");
              assertThat(store.find(1)).isEmpty();
              return state;
            });

    assertThat(store.find(1)).contains(committed);
    assertThat(
            new TrainerState(
                committed.lineage(),
                committed.statistics(),
                committed.steps(),
                committed.seconds(),
                committed.klTokens()))
        .isEqualTo(state);
    assertThat(store.versions()).containsExactly(1);
    assertThat(store.version(1).orElseThrow().getParent()).isEqualTo("v00000");
    assertThat(store.directory(1).resolve("model.safetensors")).hasContent("weights");
  }

  @Test
  void aVersionRecordsTheBytesOfItsFilesAndOfItsRecord() throws IOException {
    PolicyStore store = new PolicyStore(root);
    store.commit(
        1,
        directory -> {
          Files.writeString(directory.resolve("model.safetensors"), "weights");
          Files.writeString(directory.resolve("checksum"), "named like a field");
          return new TrainerState(
              new TrainerState.Lineage("v00001", "v00000", "digest", 8),
              Map.of("kl", 0.1, "tiny", 1e-300, "undefined", Double.NaN),
              List.of(Map.of("loss", -0.0)),
              Map.of(),
              List.of());
        });

    assertThat(store.find(1).orElseThrow().files())
        .containsExactly(
            entry("checksum", Digests.ofBytes("named like a field".getBytes(UTF_8))),
            entry("model.safetensors", Digests.ofBytes("weights".getBytes(UTF_8))))
        .isEqualTo(PolicyStore.files(store.directory(1)));
    assertThat(store.checksum(1)).isEqualTo(SelfChecked.HOLDS);
  }

  @Test
  void everyFlippedBitOfARecordIsNoticed() throws IOException {
    PolicyStore store = new PolicyStore(root);
    store.commit(
        1,
        directory -> {
          Files.writeString(directory.resolve("model.safetensors"), "weights");
          return TrainerState.start("v00001", "first");
        });
    Path record = store.directory(1).resolve(PolicyStore.stateFile());
    byte[] whole = Files.readAllBytes(record);
    for (int i = 0; i < whole.length; i++) {
      byte[] flipped = whole.clone();
      flipped[i] ^= 1;
      Files.write(record, flipped);
      assertThat(store.checksum(1)).as("byte %d", i).isEqualTo(SelfChecked.BROKEN);
    }
  }

  @Test
  void aRecordOfOlderCodeIsReadAndProvesNothing() throws IOException {
    PolicyStore store = new PolicyStore(root);
    Files.createDirectories(store.directory(1));
    Files.writeString(
        store.directory(1).resolve(PolicyStore.stateFile()),
        """
        {
          "lineage" : {
            "version" : "v00001",
            "parent" : "v00000",
            "digest" : "ab",
            "optimizer_steps" : 4
          },
          "statistics" : { },
          "steps" : [ ],
          "seconds" : { }
        }
        """);

    assertThat(store.find(1).orElseThrow().files()).isEmpty();
    assertThat(store.checksum(1)).isEqualTo(SelfChecked.NOT_RECORDED);
  }

  @Test
  void committedVersionIsReturnedWithoutWriting() {
    PolicyStore store = new PolicyStore(root);
    store.commit(1, directory -> TrainerState.start("v00001", "first"));

    TrainerState again =
        store.commit(
            1,
            directory -> {
              throw new AssertionError("written twice");
            });

    assertThat(again.lineage().digest()).isEqualTo("first");
  }

  @Test
  void whoIsBeatenHearsOfIt() {
    PolicyStore store = new PolicyStore(root);
    AtomicBoolean beaten = new AtomicBoolean();

    TrainerState committed =
        store.commit(
            1,
            new PolicyStore.Writer() {
              @Override
              public TrainerState write(Path directory) {
                store.commit(1, faster -> TrainerState.start("v00001", "faster"));
                return TrainerState.start("v00001", "slower");
              }

              @Override
              public void beaten() {
                beaten.set(true);
              }
            });

    assertThat(committed.lineage().digest()).isEqualTo("faster");
    assertThat(beaten).isTrue();
  }

  @Test
  void oneOfManyRacingAttemptsWinsAndAllReturnIt() throws Exception {
    PolicyStore store = new PolicyStore(root);
    int attempts = 12;
    CyclicBarrier together = new CyclicBarrier(attempts);
    ExecutorService threads = Executors.newFixedThreadPool(attempts);
    try {
      List<Callable<String>> tasks = new ArrayList<>();
      for (int attempt = 0; attempt < attempts; attempt++) {
        String digest = "attempt " + attempt;
        tasks.add(
            () ->
                store
                    .commit(
                        1,
                        directory -> {
                          Files.writeString(directory.resolve("model.safetensors"), digest);
                          await(together);
                          return TrainerState.start("v00001", digest);
                        })
                    .lineage()
                    .digest());
      }
      List<String> seen = new ArrayList<>();
      for (Future<String> result : threads.invokeAll(tasks)) {
        seen.add(result.get());
      }

      String winner = store.find(1).orElseThrow().lineage().digest();
      assertThat(seen).containsOnly(winner);
      assertThat(store.directory(1).resolve("model.safetensors")).hasContent(winner);
      try (Stream<Path> entries = Files.list(root)) {
        assertThat(entries).containsExactly(store.directory(1));
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aVersionForWhichThereIsNoRoomLeavesNothingAndIsOneLine() throws IOException {
    PolicyStore store = new PolicyStore(root);
    for (Exception failure :
        List.of(
            new IOException("No space left on device"),
            new UncheckedIOException(new IOException("No space left on device")))) {
      assertThatThrownBy(
              () ->
                  store.commit(
                      1,
                      directory -> {
                        Files.writeString(directory.resolve("model.safetensors"), "half of the");
                        if (failure instanceof IOException checked) {
                          throw checked;
                        }
                        throw (UncheckedIOException) failure;
                      }))
          .isInstanceOf(UserMistake.class)
          .hasMessage(
              store.directory(1)
                  + " cannot be written (No space left on device): make room or mend the disk, and give the same command again; nothing that is committed is lost");
      try (Stream<Path> entries = Files.list(root)) {
        assertThat(entries).isEmpty();
      }
    }
    store.commit(1, directory -> TrainerState.start("v00001", "now there is room"));
    assertThat(store.versions()).containsExactly(1);
  }

  @Test
  void leftoversOfAKilledAttemptAreNoVersionAndAreSwept() throws Exception {
    PolicyStore store = new PolicyStore(root);
    Path left = Files.createDirectories(root.resolve(".v00001-0badbadb-0000/deeper"));
    Files.writeString(left.resolve("model.safetensors"), "half");

    assertThat(store.versions()).isEmpty();
    store.sweep();

    try (Stream<Path> entries = Files.list(root)) {
      assertThat(entries).isEmpty();
    }
  }

  @Test
  void onlyTheNewestOptimizerStatesAreRetained() throws Exception {
    PolicyStore store = new PolicyStore(root);
    for (int version = 0; version < 4; version++) {
      String name = "v0000" + version;
      store.commit(
          version,
          directory -> {
            Files.writeString(directory.resolve(PolicyStore.optimizerFile()), "state");
            return TrainerState.start(name, name);
          });
    }

    store.retainOptimizerStates(2);

    assertThat(Stream.of(0, 1, 2, 3))
        .filteredOn(
            version -> Files.exists(store.directory(version).resolve(PolicyStore.optimizerFile())))
        .containsExactly(2, 3);
    assertThatThrownBy(() -> store.retainOptimizerStates(0)).isInstanceOf(UserMistake.class);
  }

  private static void await(CyclicBarrier barrier) throws IOException {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new IOException(e);
    }
  }
}

package io.capoflow.transforms.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.filesystems.TestStore;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract of {@link RunStorage}, on a disk, on HDFS and on S3. */
final class RunStorageTest {
  private static final int CALLERS = 8;
  private static final int ROUNDS = 10;
  private static final int BYTES = 200_000;

  @TempDir private static Path local;
  private static TestStore hdfs;
  private static TestStore s3;

  @BeforeAll
  static void start() {
    hdfs = TestStore.hdfs(local.resolve("hdfs"));
    s3 = TestStore.s3(local.resolve("s3"));
  }

  @AfterAll
  static void stop() {
    Stream.of(hdfs, s3).filter(store -> store != null).forEach(TestStore::close);
  }

  static Stream<Path> roots() {
    return Stream.of(local.resolve("disk"), hdfs.root(), s3.root());
  }

  @ParameterizedTest
  @MethodSource("roots")
  void ofCallersThatCreateAFileOneWinsAndReadersSeeItWhole(Path root) throws Exception {
    Path folder = Files.createDirectories(root.resolve("exclusive"));
    for (int round = 0; round < ROUNDS; round++) {
      Path file = folder.resolve("file-" + round);
      AtomicBoolean over = new AtomicBoolean();
      ExecutorService reader = Executors.newSingleThreadExecutor();
      Future<?> reading =
          reader.submit(
              () -> {
                while (!over.get()) {
                  assertWhole(file);
                }
                return null;
              });
      List<Boolean> won = atOnce(caller -> Durable.createExclusively(file, content(caller)));
      over.set(true);
      reading.get();
      reader.shutdown();
      assertThat(won.stream().filter(winner -> winner)).hasSize(1);
      assertThat(Files.readAllBytes(file)).isEqualTo(content(won.indexOf(true)));
    }
    assertThat(names(folder)).hasSize(ROUNDS);
  }

  @ParameterizedTest
  @MethodSource("roots")
  void whoseAnswerWasLostMeetsItsOwnFile(Path root) throws IOException {
    Path file = Files.createDirectories(root.resolve("lost")).resolve("file");
    assertThat(Durable.createExclusively(file, content(1))).isTrue();
    assertThat(Durable.createExclusively(file, content(1))).isTrue();
    assertThat(Durable.createExclusively(file, content(2))).isFalse();
    assertThat(Files.readAllBytes(file)).isEqualTo(content(1));
  }

  @ParameterizedTest
  @MethodSource("roots")
  void aFileThatIsReplacedIsTheOldOneOrTheNew(Path root) throws Exception {
    Path file = Files.createDirectories(root.resolve("replaced")).resolve("file");
    Durable.replace(file, content(0));
    AtomicBoolean over = new AtomicBoolean();
    ExecutorService reader = Executors.newSingleThreadExecutor();
    Future<?> reading =
        reader.submit(
            () -> {
              while (!over.get()) {
                assertThat(Files.exists(file)).isTrue();
                assertWhole(file);
              }
              return null;
            });
    for (int version = 1; version < CALLERS; version++) {
      Durable.replace(file, content(version));
    }
    over.set(true);
    reading.get();
    reader.shutdown();
    assertThat(Files.readAllBytes(file)).isEqualTo(content(CALLERS - 1));
  }

  @ParameterizedTest
  @MethodSource("roots")
  void ofAttemptsAtAFolderOneIsNamed(Path root) throws Exception {
    for (int round = 0; round < 3; round++) {
      Path folder = Files.createDirectories(root.resolve("folders-" + round));
      Path target = folder.resolve("v00001");
      List<Boolean> won =
          atOnce(
              caller -> {
                Path attempt = attempt(folder, caller);
                return RunStorage.of(attempt).nameFolder(attempt, target, "seal.json");
              });
      assertThat(won.stream().filter(winner -> winner)).hasSize(1);
      assertIsOf(target, won.indexOf(true));
    }
  }

  @ParameterizedTest
  @MethodSource("roots")
  void aFolderWhoseNamingWasCutOffIsFinishedByWhoFindsIt(Path root) throws IOException {
    Path folder = Files.createDirectories(root.resolve("cut"));
    Path target = folder.resolve("v00001");
    Path attempt = attempt(folder, 3);
    RunStorage storage = RunStorage.of(attempt);
    storage.finishFolder(target, "seal.json");
    assertThat(Files.exists(target)).isFalse();

    if (storage instanceof S3Storage) {
      // As by a kill after the commit and the first file.
      String commit = "{\"folder\": \"%s\"}".formatted(attempt.getFileName());
      Files.writeString(folder.resolve("_v00001.folder.json"), commit, UTF_8);
      Files.move(attempt.resolve("a"), target.resolve("a"));
    } else {
      storage.nameFolder(attempt, target, "seal.json");
    }
    storage.finishFolder(target, "seal.json");
    storage.finishFolder(target, "seal.json");

    assertIsOf(target, 3);
    assertThat(Files.exists(attempt)).isFalse();
    assertThat(storage.nameFolder(attempt(folder, 4), target, "seal.json")).isFalse();
    assertIsOf(target, 3);
  }

  @ParameterizedTest
  @MethodSource("elsewhere")
  void whoWasTakenOverWritesNothingMore(Path root) throws IOException {
    Path run = Files.createDirectories(root.resolve("taken-over"));
    Path file = run.resolve("run.json");
    try (RunLock lock = RunLock.acquire(run, "--run", RunLock.Arrival.plain())) {
      Durable.replace(file, content(1));
      assertThatThrownBy(() -> RunLock.acquire(run, "--run", RunLock.Arrival.plain()))
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining(" (lease 1) is driving ");
      Files.write(run.resolve(".lease/00000002.json"), "{}".getBytes(UTF_8));

      for (ThrowingCallable write :
          List.<ThrowingCallable>of(
              () -> Durable.replace(file, content(2)),
              () -> Durable.createExclusively(run.resolve("new"), content(2)),
              () -> ParquetRows.replace(run.resolve("new"), Problem.class, List.of()))) {
        assertThatThrownBy(write)
            .isInstanceOf(UserMistake.class)
            .hasMessageContaining("was taken over by");
      }
    }
    assertThat(Files.readAllBytes(file)).isEqualTo(content(1));
    assertThat(Files.exists(run.resolve("new"))).isFalse();
  }

  static Stream<Path> elsewhere() {
    return Stream.of(hdfs.root(), s3.root());
  }

  private static Path attempt(Path folder, int caller) throws IOException {
    Path attempt = Files.createDirectories(folder.resolve(".v00001-" + caller));
    for (String name : List.of("a", "b", "seal.json")) {
      Files.writeString(attempt.resolve(name), name + caller, UTF_8);
    }
    return attempt;
  }

  private static void assertIsOf(Path target, int caller) throws IOException {
    for (String name : List.of("a", "b", "seal.json")) {
      assertThat(Files.readString(target.resolve(name), UTF_8)).isEqualTo(name + caller);
    }
    assertThat(names(target)).containsExactlyInAnyOrder("a", "b", "seal.json");
  }

  private static byte[] content(int caller) {
    byte[] content = new byte[BYTES];
    Arrays.fill(content, (byte) ('a' + caller));
    return content;
  }

  private static void assertWhole(Path file) throws IOException {
    byte[] seen;
    try {
      seen = Files.readAllBytes(file);
    } catch (NoSuchFileException notYet) {
      return;
    }
    assertThat(seen).hasSize(BYTES);
    assertThat(seen).containsOnly(seen[0]);
  }

  private static List<String> names(Path folder) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      List<String> names = new ArrayList<>();
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
      return names.stream().sorted().collect(Collectors.toList());
    }
  }

  private interface Call {
    boolean by(int caller) throws IOException;
  }

  private static List<Boolean> atOnce(Call call) throws Exception {
    ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    CyclicBarrier start = new CyclicBarrier(CALLERS);
    try {
      List<Callable<Boolean>> calls = new ArrayList<>();
      for (int caller = 0; caller < CALLERS; caller++) {
        int number = caller;
        calls.add(
            () -> {
              start.await();
              return call.by(number);
            });
      }
      List<Boolean> won = new ArrayList<>();
      for (Future<Boolean> result : callers.invokeAll(calls)) {
        won.add(result.get());
      }
      return won;
    } finally {
      callers.shutdown();
    }
  }
}

package io.capoflow.transforms.filesystems;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.CopyOption;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What {@link Files} promises of any file system, on HDFS and on S3. */
final class HadoopFilesTest {
  @TempDir private static Path local;
  @AutoClose private static TestStore hdfs;
  @AutoClose private static TestStore s3;

  @BeforeAll
  static void start() {
    hdfs = TestStore.hdfs(local.resolve("hdfs"));
    s3 = TestStore.s3(local.resolve("s3"));
  }

  static Stream<Path> roots() {
    return Stream.of(hdfs.root(), s3.root());
  }

  @ParameterizedTest
  @MethodSource("roots")
  void aFolderThatWasMadeIsListedAndHoldsNothing(Path root) throws IOException {
    Path folder = Files.createDirectories(root.resolve("new/folder"));
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      assertThat(entries).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("roots")
  void nothingIsMovedOverWhatIsThere(Path root) throws IOException {
    Path folder = Files.createDirectories(root.resolve("moves"));
    Path file = Files.writeString(folder.resolve("file"), "mine", UTF_8);
    Path other = Files.writeString(folder.resolve("other"), "theirs", UTF_8);
    Path within = Files.createDirectories(folder.resolve("within"));
    Files.writeString(within.resolve("inner"), "inner", UTF_8);

    for (CopyOption[] how : List.of(new CopyOption[0], new CopyOption[] {ATOMIC_MOVE})) {
      assertThatThrownBy(() -> Files.move(file, other, how))
          .isInstanceOf(FileAlreadyExistsException.class);
      assertThatThrownBy(() -> Files.move(file, within, how))
          .isInstanceOf(FileSystemException.class);
    }
    assertThat(Files.readString(file, UTF_8)).isEqualTo("mine");
    assertThat(Files.readString(other, UTF_8)).isEqualTo("theirs");
    assertThat(Files.exists(within.resolve("file"))).isFalse();

    Files.move(file, folder.resolve("moved"), ATOMIC_MOVE);
    assertThat(Files.readString(folder.resolve("moved"), UTF_8)).isEqualTo("mine");
    assertThat(Files.exists(file)).isFalse();
    assertThatThrownBy(() -> Files.move(file, folder.resolve("again")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @ParameterizedTest
  @MethodSource("roots")
  void aFolderIsDeletedWhenItHoldsNothing(Path root) throws IOException {
    Path folder = Files.createDirectories(root.resolve("full"));
    Path file = Files.writeString(folder.resolve("file"), "inner", UTF_8);
    assertThatThrownBy(() -> Files.delete(folder)).isInstanceOf(DirectoryNotEmptyException.class);
    assertThat(Files.readString(file, UTF_8)).isEqualTo("inner");

    Files.delete(file);
    assertThatThrownBy(() -> Files.delete(file)).isInstanceOf(NoSuchFileException.class);
    assertThat(Files.deleteIfExists(file)).isFalse();
    Files.deleteIfExists(folder);
    assertThat(Files.exists(folder)).isFalse();
  }

  /** What could not be written to its end must not take the place of what is whole. */
  @Test
  void whatIsGivenUpLeavesWhatWasThere() throws IOException {
    Path file = s3.root().resolve("file");
    Files.writeString(file, "whole", UTF_8);
    HadoopProvider provider = HadoopPath.of(file).getFileSystem().provider();
    try (WholeFile half = provider.newOutputStream(file)) {
      half.write("ha".getBytes(UTF_8));
      half.abandon();
    }
    assertThat(Files.readString(file, UTF_8)).isEqualTo("whole");

    Path other = s3.root().resolve("other");
    try (WholeFile half = provider.newOutputStream(other)) {
      half.write("ha".getBytes(UTF_8));
      half.abandon();
    }
    assertThat(Files.exists(other)).isFalse();
  }
}

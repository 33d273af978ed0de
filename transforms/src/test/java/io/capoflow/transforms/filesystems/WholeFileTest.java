package io.capoflow.transforms.filesystems;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WholeFileTest {
  @TempDir private Path directory;

  /** What could not be written to its end must not take the place of what is whole. */
  @Test
  void whatIsGivenUpLeavesWhatWasThere() throws IOException {
    try (TestStore s3 = TestStore.s3(directory)) {
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
}

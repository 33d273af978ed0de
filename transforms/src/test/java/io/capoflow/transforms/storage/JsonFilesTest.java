package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JsonFilesTest {
  @TempDir private Path directory;

  @Test
  void whatIsNotThereIsNoRecord() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "{\"a\": 1}");
    assertThat(JsonFiles.find(file, Map.class)).contains(Map.of("a", 1));
    assertThat(JsonFiles.find(directory.resolve("none"), Map.class)).isEmpty();
    assertThat(JsonFiles.find(directory.resolve("none/in-it"), Map.class)).isEmpty();
    assertThat(JsonFiles.find(file.resolve("in-a-file"), Map.class)).isEmpty();
    assertThatThrownBy(() -> JsonFiles.read(directory.resolve("none"), Map.class))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("is damaged (the file is gone)");
  }

  @Test
  void whatIsThereAndIsNoneIsNamed() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "{\"a\": ");
    assertThatThrownBy(() -> JsonFiles.find(file, Map.class))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(file + " is damaged (it cannot be read: ");
    Files.writeString(file, "null");
    assertThatThrownBy(() -> JsonFiles.find(file, Map.class))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("holds nothing but null");
  }
}

package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FaultsTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"sample/nowhere:1", "sample/inside:0", "sample/inside:x", ":1"})
  void aMisspeltFaultNamesTheRightOnes(String text) {
    assertThatThrownBy(() -> Faults.parse(text))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("critique/after-part");
  }

  @Test
  void theProcessDiesAtTheVisitAsked() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "-Dcapoflow.fault=sample/after-part:2",
                Visitor.class.getName(),
                directory.toString())
            .inheritIO()
            .start();

    assertThat(process.waitFor()).isEqualTo(137);
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("1", "2");
    }
  }

  /** Visits one point three times, leaving a file before each visit. */
  static final class Visitor {
    private Visitor() {}

    public static void main(String[] arguments) throws Exception {
      for (int visit : List.of(1, 2, 3)) {
        Files.createFile(Path.of(arguments[0]).resolve(Integer.toString(visit)));
        Faults.at("sample/inside");
        Faults.at("sample/after-part");
      }
    }
  }
}

package io.capoflow.runners.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process is told from another one that has its number. */
final class RecordedProcessTest {
  @TempDir private Path directory;
  private Process process;
  private RecordedProcess recorded;

  @BeforeEach
  void startAProcessThatWaits() throws IOException {
    process = new ProcessBuilder("cat").start();
    recorded = RecordedProcess.running(process.pid()).orElseThrow();
  }

  @AfterEach
  void endIt() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    Path file = directory.resolve("process.json");
    assertThat(RecordedProcess.read(file)).isEmpty();
    recorded.write(file);
    assertThat(RecordedProcess.read(file)).contains(recorded);
    try (var files = Files.list(directory)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void aProcessEndsWhenItIsAskedOrKilled() throws Exception {
    assertThat(recorded.isAlive()).isTrue();
    recorded.terminate();
    process.waitFor();
    assertThat(recorded.isAlive()).isFalse();

    startAProcessThatWaits();
    recorded.kill();
    process.waitFor();
    assertThat(recorded.isAlive()).isFalse();
    recorded.kill();
  }

  @Test
  void anotherProcessWithItsNumberIsLeftAlone() throws IOException {
    RecordedProcess earlier =
        new RecordedProcess(process.pid(), recorded.boot(), recorded.started() - 1);
    RecordedProcess beforeTheSystemStarted =
        new RecordedProcess(process.pid(), "another boot", recorded.started());
    for (RecordedProcess other : new RecordedProcess[] {earlier, beforeTheSystemStarted}) {
      assertThat(other.isAlive()).isFalse();
      other.terminate();
      other.kill();
    }
    // It answers still.
    process.getOutputStream().write('a');
    process.getOutputStream().flush();
    assertThat(process.getInputStream().read()).isEqualTo('a');
    assertThat(recorded.isAlive()).isTrue();
  }

  @Test
  void aFileThatNamesNoProcessIsAMistake() throws IOException {
    Path file = directory.resolve("process.json");
    for (String text : new String[] {"", "{\"pid\": 1", "{\"pid\": 1}", "31"}) {
      Files.writeString(file, text);
      assertThatThrownBy(() -> RecordedProcess.read(file))
          .as(text)
          .isInstanceOf(UserMistake.class)
          .hasMessageStartingWith(file + ": names no process; ");
    }
  }
}

package io.capoflow.runners.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

final class LogsTest {
  private static final Logger LOG = LoggerFactory.getLogger(LogsTest.class);

  @TempDir private Path directory;
  private Path before;

  @BeforeEach
  void rememberTheFile() {
    before = Logs.file();
  }

  @AfterEach
  void goBackToTheFile() {
    Logs.moveTo(before);
  }

  @Test
  void aMessageIsOneLineWithoutControls() throws IOException {
    Path file = directory.resolve("a.log");
    Logs.moveTo(file);
    LOG.info("response: {}", "1+1=2\n2026-01-01 ERROR forged\u001b[2J");
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).singleElement().asString().endsWith("1+1=2\\n2026-01-01 ERROR forged?[2J");
  }

  @Test
  void anExceptionKeepsItsLinesButNoControls() throws IOException {
    Path file = directory.resolve("a.log");
    Logs.moveTo(file);
    LOG.error("failed", new IllegalStateException("bad \u001b[31m text"));
    assertThat(Files.readString(file))
        .contains("IllegalStateException: bad ?[31m text", "\tat io.capoflow.runners.logging")
        .doesNotContain("\u001b");
  }

  @Test
  void aFileThatNothingIsLoggedToIsNotMade() {
    Path file = directory.resolve("none.log");
    Logs.moveTo(file);
    assertThat(file).doesNotExist();
  }

  @Test
  void theDefaultFileLiesInTheUsersCache() {
    Path home = Path.of("/home/ada");
    assertThat(Logs.defaultFile(Map.of(), home))
        .isEqualTo(Path.of("/home/ada/.cache/capoflow/capoflow.log"));
    assertThat(Logs.defaultFile(Map.of("XDG_CACHE_HOME", "/cache"), home))
        .isEqualTo(Path.of("/cache/capoflow/capoflow.log"));
  }
}

package io.capoflow.runners.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.UserMistake;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FailuresTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final Failures failures = new Failures(new PrintStream(written, true, UTF_8));

  @Test
  void aMistakeThatAnEngineWrappedIsStillOneLine() {
    int status =
        failures.report(
            new RuntimeException("Pipeline failed", new UserMistake("a.yaml:3: mend\nthis")));
    assertThat(written.toString(UTF_8)).isEqualTo("capoflow: a.yaml:3: mend\\nthis\n");
    assertThat(status).isEqualTo(2);
  }

  @Test
  void aFaultNamesItselfItsCauseAndTheLog() {
    int status =
        failures.report(
            new IllegalStateException("outer\nlines", new ArithmeticException("zero\u001b[2J")));
    List<String> lines = written.toString(UTF_8).lines().toList();
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).isEqualTo("capoflow: internal fault: IllegalStateException: outer");
    assertThat(lines.get(1)).isEqualTo("capoflow: caused by: ArithmeticException: zero\\u{1b}[2J");
    assertThat(lines.get(2)).startsWith("capoflow: details in /").endsWith("capoflow.log");
    assertThat(status).isEqualTo(1);
  }

  @Test
  void causesThatGoInACircleEnd() {
    RuntimeException first = new RuntimeException("first");
    first.initCause(new RuntimeException("second", first));
    assertThat(failures.report(first)).isEqualTo(1);
  }
}

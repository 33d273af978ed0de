package io.capoflow.runners.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.runners.terminal.Terminal.Style;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class TerminalTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(written, true, UTF_8);

  @Test
  void controlsOfModelTextAreShownByName() {
    assertThat(Terminal.safe("a\u001b[31mb\nc\td\u202ee\u0000"))
        .isEqualTo("a\\u{1b}[31mb\\nc\\td\\u{202e}e\\u{0}");
  }

  @Test
  void ordinaryTextOfAnyScriptStaysAsItIs() {
    assertThat(Terminal.safe("ρ ≤ 1, 数学, 😀, \\boxed{75}")).isEqualTo("ρ ≤ 1, 数学, 😀, \\boxed{75}");
  }

  @Property
  void safeTextHasNothingThatCommandsATerminal(@ForAll String text) {
    assertThat(Terminal.safe(text).codePoints())
        .noneMatch(
            character ->
                Character.isISOControl(character)
                    || Character.getType(character) == Character.FORMAT
                    || Character.getType(character) == Character.LINE_SEPARATOR
                    || Character.getType(character) == Character.PARAGRAPH_SEPARATOR);
  }

  @Test
  void aTerminalOfTheLaunchersWidthIsInteractive() {
    assertThat(Terminal.of(out, "132", Map.of("TERM", "xterm")))
        .isEqualTo(new Terminal(out, true, 132));
  }

  @Test
  void withoutTheLaunchersWordThereIsNoTerminal() {
    assertThat(Terminal.of(out, "", Map.of("TERM", "xterm")).interactive()).isFalse();
  }

  @Test
  void noColorAndDumbTerminalsGetPlainLines() {
    assertThat(Terminal.of(out, "80", Map.of("NO_COLOR", "")).interactive()).isFalse();
    assertThat(Terminal.of(out, "80", Map.of("TERM", "dumb")).interactive()).isFalse();
  }

  @Test
  void anUnreadableWidthMeansEighty() {
    assertThat(Terminal.of(out, "0", Map.of()).columns()).isEqualTo(80);
  }

  @Test
  void plainLinesHoldNoControlsAndPassingOnesAreLeftOut() {
    Terminal terminal = Terminal.plain(out);
    terminal.passing("half way");
    terminal.line(terminal.styled("done", Style.GREEN));
    assertThat(written.toString(UTF_8)).isEqualTo("done\n");
  }

  @Test
  void anInteractiveLineReplacesThePassingOne() {
    Terminal terminal = new Terminal(out, true, 80);
    terminal.passing("half way");
    terminal.line(terminal.styled("done", Style.GREEN));
    assertThat(written.toString(UTF_8))
        .isEqualTo("\r\033[2Khalf way\r\033[2K\033[32mdone\033[0m\n");
  }
}

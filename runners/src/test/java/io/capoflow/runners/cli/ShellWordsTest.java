package io.capoflow.runners.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ShellWordsTest {
  @Test
  void plainWordsStayAsTheyAre() {
    assertThat(ShellWords.join(List.of("train", "recipes/a.yaml", "--set", "credit.w=0.5")))
        .isEqualTo("train recipes/a.yaml --set credit.w=0.5");
  }

  @Test
  void aShellReadsTheWordsBack() throws IOException, InterruptedException {
    List<String> words = List.of("a b", "", "it's", "$HOME", "*", "\"", "\\");
    Process shell =
        new ProcessBuilder("bash", "-c", "printf '%s|' " + ShellWords.join(words)).start();
    String read = new String(shell.getInputStream().readAllBytes(), UTF_8);
    assertThat(shell.waitFor()).isZero();
    assertThat(read).isEqualTo("a b||it's|$HOME|*|\"|\\|");
  }
}

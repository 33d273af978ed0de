package io.capoflow.pipelines.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.settings.binding.RecipeBinder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class FigureDocumentationTest {
  private static final String START = "<!-- figures: generated from Figure -->\n";
  private static final String END = "<!-- end of figures -->";

  @Test
  void the_documentation_lists_every_figure_with_its_meaning() throws IOException {
    Path page = Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY), "docs", "metrics.md");
    String text = Files.readString(page);
    assertThat(text).contains(START, END);
    String expected =
        text.substring(0, text.indexOf(START) + START.length())
            + Arrays.stream(Figure.values())
                .map(
                    figure ->
                        "| `" + figure.label() + "` | " + figure.meaning().replace("|", "\\|"))
                .collect(
                    Collectors.joining(" |\n", "\n| figure | meaning |\n|---|---|\n", " |\n\n"))
            + text.substring(text.indexOf(END));
    if (Boolean.getBoolean("capoflow.write.docs")) {
      Files.writeString(page, expected);
    }
    assertThat(Files.readString(page))
        .as("the page is out of date: run this test with -Dcapoflow.write.docs=true")
        .isEqualTo(expected);
  }
}

package io.capoflow.runners.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.transforms.metrics.StageFigure;
import io.capoflow.transforms.storage.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What an operator finds is what the page says. */
final class StageFigureDocumentationTest {
  private static final String START = "<!-- figures: generated from StageFigure -->\n";
  private static final String END = "<!-- end of figures -->";

  /** More owners than these are shown as one. */
  private static final int FEW = 4;

  @Test
  void thePageListsEveryFigureWithItsMeaning() throws IOException {
    Path page = Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY), "docs", "cluster.md");
    String text = Files.readString(page);
    assertThat(text).contains(START, END);
    String expected =
        text.substring(0, text.indexOf(START) + START.length())
            + Arrays.stream(StageFigure.values())
                .map(figure -> "| " + names(figure) + " | " + figure.meaning())
                .collect(Collectors.joining(" |\n", "\n| count | of what |\n|---|---|\n", " |\n\n"))
            + text.substring(text.indexOf(END));
    if (Boolean.getBoolean("capoflow.write.docs")) {
      Files.writeString(page, expected);
    }
    assertThat(Files.readString(page))
        .as("the page is out of date: run this test with -Dcapoflow.write.docs=true")
        .isEqualTo(expected);
  }

  @Test
  void everyStageOfAnIterationHasItsCommitsCounted() {
    assertThat(StageFigure.COMMITS_WON.owners())
        .containsAll(Stage.ALL.stream().map(Stage::verb).toList())
        .contains("train");
  }

  private static String names(StageFigure figure) {
    return figure.owners().size() > FEW
        ? "`STAGE." + figure.text() + "`"
        : figure.owners().stream()
            .map(owner -> "`" + owner + "." + figure.text() + "`")
            .collect(Collectors.joining(", "));
  }
}

package io.capoflow.pipelines.critiques.card;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Reads a card as a program that shows Markdown does. */
final class CardText {
  private static final Pattern CELL_BORDER = Pattern.compile("(?<!\\\\)\\|");

  private CardText() {}

  /** What follows the head. */
  static String body(String card) {
    return card.substring(card.indexOf("\n---\n", 4) + 5);
  }

  /** The lines that are not in a fenced block. */
  static List<String> outsideFences(String body) {
    List<String> outside = new ArrayList<>();
    String fence = null;
    for (String line : body.split("\n", -1)) {
      String run = line.replaceFirst("^ {0,3}(`*).*", "$1");
      if (fence == null && run.length() >= 3) {
        fence = run;
      } else if (fence == null) {
        outside.add(line);
      } else if (run.length() >= fence.length() && line.strip().equals(run)) {
        fence = null;
      }
    }
    assertThat(fence).as("a fence that is not closed").isNull();
    return outside;
  }

  static List<String> headingsOf(String card) {
    return outsideFences(body(card)).stream().filter(line -> line.startsWith("#")).toList();
  }

  /** Each row of a table has as many cells as its header. */
  static void requireWholeTables(List<String> lines) {
    long width = 0;
    for (String line : lines) {
      if (line.startsWith("|")) {
        long cells = CELL_BORDER.matcher(line).results().count();
        assertThat(width == 0 || cells == width).as(line).isTrue();
        width = cells;
      } else {
        width = 0;
      }
    }
  }
}

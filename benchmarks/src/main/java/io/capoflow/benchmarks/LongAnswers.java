package io.capoflow.benchmarks;

import io.capoflow.schemas.Draws;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Questions that a small instruct model answers at length, so that nearly all of its responses run
 * to their limit and the work is known.
 */
final class LongAnswers {
  private static final int QUESTIONS = 256;

  private LongAnswers() {}

  /** Writes them as JSON lines in GSM8K's layout. */
  static Path write(Path directory) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < QUESTIONS; i++) {
      long key = Draws.key("long answers", i);
      int each = 3 + Draws.integer(key, 0, 40);
      int days = 3 + Draws.integer(key, 1, 26);
      String question =
          ("Question %d. A baker bakes %d loaves of bread every day. How many loaves does she bake in %d"
                  + " days? Write an essay of at least three paragraphs that explains the solution step by"
                  + " step, with two ways to check it.")
              .formatted(i + 1, each, days);
      lines.add(
          Json.ONE_LINE.writeValueAsString(
              Map.of("question", question, "answer", "#### " + each * days)));
    }
    return Files.write(directory.resolve("long-answers.jsonl"), lines);
  }
}

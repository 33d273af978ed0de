package io.capoflow.datasets.rollouts;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.SourceColumn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which path of a labelled tree is taken, and what is known of its steps. */
final class Prm800kLayoutTest {
  private static final String RATED =
      "{\"completions\": [{\"text\": \"%s\", \"rating\": %s, \"flagged\": null}],"
          + " \"human_completion\": null, \"chosen_completion\": %s}";

  @TempDir Path folder;

  @Test
  void aPathThatEndsInAnErrorGoesOnWithTheStepsThatNobodyLookedAt() throws IOException {
    GivenRollout row =
        row(
            question("[\"one\", \" two\", \"three\\n\\n3\", \"# Answer\\n\\n4\"]"),
            label(
                "found_error",
                RATED.formatted("one", 1, 0),
                RATED.formatted("two ", 0, 0),
                RATED.formatted("three\\n\\n3", -1, "null")));
    assertThat(row.getLayout()).isEqualTo("prm800k");
    assertThat(row.getSourceId()).isNull();
    assertThat(row.getRollout().getProblem().getPrompt().get(0).getContent()).isEqualTo("2+2?");
    assertThat(row.getRollout().getProblem().getAnswer()).isEqualTo("4");
    assertThat(row.getRollout().getProblem().getSolution()).isEqualTo("It is $4$.");
    assertThat(row.getRollout().getProblem().getSource()).isEqualTo("prm800k");
    assertThat(Taken.steps(row)).containsExactly("one", "two ", "three\n\n3", "# Answer\n\n4");
    assertThat(row.getTruth()).isEqualTo(Arrays.asList(true, true, false, null));
    assertThat(row.getColumns())
        .extracting(SourceColumn::getName)
        .containsExactly(
            "is_quality_control_question",
            "label.finish_reason",
            "label.steps",
            "label.total_time",
            "labeler",
            "question.pre_generated_answer",
            "question.pre_generated_steps",
            "question.pre_generated_verifier_score");
  }

  @Test
  void aPathThatLeavesWhatTheModelWroteEndsWhereItsLabelsEnd() throws IOException {
    GivenRollout row =
        row(
            question("[\"one\", \"two\", \"three\"]"),
            label("solution", RATED.formatted("one", 1, 0), RATED.formatted("another", 1, 0)));
    assertThat(Taken.steps(row)).containsExactly("one", "another");
    assertThat(row.getTruth()).containsExactly(true, true);
  }

  @Test
  void theChosenCompletionGoesBeforeWhatTheLabelerWroteAndThatBeforeTheFirst() throws IOException {
    String two =
        "\"completions\": [{\"text\": \"a\", \"rating\": -1}, {\"text\": \"b\","
            + " \"rating\": 1}]";
    GivenRollout row =
        row(
            question("null"),
            label(
                "solution",
                "{" + two + ", \"human_completion\": {\"text\": \"h\"}, \"chosen_completion\": 1}",
                "{"
                    + two
                    + ", \"human_completion\": {\"text\": \"h\", \"rating\": null},"
                    + " \"chosen_completion\": null}",
                "{" + two + ", \"human_completion\": \"plain\", \"chosen_completion\": null}",
                "{\"completions\": null, \"human_completion\": {\"text\": \"r\", \"rating\": 1}}",
                "{" + two + ", \"human_completion\": null, \"chosen_completion\": null}"));
    assertThat(Taken.steps(row)).containsExactly("b", "h", "plain", "r", "a");
    assertThat(row.getTruth()).isEqualTo(Arrays.asList(true, null, null, true, false));
  }

  @Test
  void ofStepsWithoutAnyRatingNothingIsKnown() throws IOException {
    GivenRollout row = row(question("null"), label("solution", RATED.formatted("one", "null", 0)));
    assertThat(Taken.steps(row)).containsExactly("one");
    assertThat(row.getTruth()).isEmpty();
  }

  @Test
  void rowsThatSayNothingOfAPathAreRejected() throws IOException {
    Taken taken =
        taken(
            line(question("null"), label("give_up", RATED.formatted("one", 1, 0))),
            line(question("null"), label("bad_problem", RATED.formatted("one", 1, 0))),
            line(question("null"), label("solution")),
            line(question("null"), label("solution", RATED.formatted("one", 1, 1))),
            line(question("null"), label("solution", RATED.formatted("one", 2, 0))),
            line(question("null"), label("solution", RATED.formatted(" \\n", 1, 0))),
            line(question("null"), label("solution", "{\"completions\": []}")),
            line(question("null"), label("solution", "{\"completions\": [{\"rating\": 1}]}")),
            line("{\"problem\": \" \"}", label("solution", RATED.formatted("one", 1, 0))));
    assertThat(taken.rows).isEmpty();
    assertThat(taken.faults())
        .containsExactly(
            "1 ABANDONED label.finish_reason: is give_up",
            "2 ABANDONED label.finish_reason: is bad_problem",
            "3 NO_STEPS label.steps: holds no step",
            "4 BAD_LABEL label.steps[0].chosen_completion: names no completion",
            "5 BAD_LABEL label.steps[0].completions[0].rating: is none of -1, 0, 1 and null",
            "6 BAD_STEP label.steps[0]: is blank",
            "7 BAD_STEP label.steps[0]: has no completion",
            "8 BAD_STEP label.steps[0].completions[0]: is no text",
            "9 BAD_COLUMN question.problem: is absent or no text");
  }

  private static String question(String preGenerated) {
    return """
        {"problem": "2+2?", "ground_truth_solution": "It is $4$.", "ground_truth_answer": "4",
         "pre_generated_steps": %s, "pre_generated_answer": "4",
         "pre_generated_verifier_score": 0.25}"""
        .formatted(preGenerated);
  }

  private static String label(String finish, String... steps) {
    return "{\"steps\": [%s], \"total_time\": 12, \"finish_reason\": \"%s\"}"
        .formatted(String.join(", ", steps), finish);
  }

  private static String line(String question, String label) {
    return """
        {"labeler": "x", "generation": null, "is_quality_control_question": false,
         "question": %s, "label": %s}"""
        .formatted(question, label)
        .replaceAll("\\n\\s*", "");
  }

  private GivenRollout row(String question, String label) throws IOException {
    return taken(line(question, label)).only();
  }

  private Taken taken(String... rows) throws IOException {
    return Taken.from(Files.write(folder.resolve("prm.jsonl"), List.of(rows)));
  }
}

package io.capoflow.datasets.rollouts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a file of problems fills in. */
final class KnownProblemsTest {
  private static final String PROBLEMS =
      """
      {"problem_id": "p1", "prompt": "One  plus\\none?", "answer": "2", "solution": "s1", "source": "x"}
      {"problem_id": "1", "prompt": "Two plus two?", "answer": "4", "source": "x"}
      {"problem_id": "odd", "prompt": "Unverifiable?", "answer": "??", "source": "x"}
      {"question": "Three plus three?", "answer": "3+3=6\\n#### 6"}
      {"nonsense": true}
      """;

  @TempDir Path folder;

  @Test
  void aProblemIsFoundByItsIdThenByTheRowsIdThenByItsQuestion() throws IOException {
    KnownProblems known = known();
    assertThat(known.count()).isEqualTo(4);
    assertThat(known.rejected()).isEqualTo(1);
    List<Problem> problems =
        problems(
            known,
            """
            {"problem_id": "p1", "problem": "Q: One plus one? Think.", "response": "r"}
            {"id": "1", "problem": "Please: Two plus two?", "response": "r"}
            {"id": 1, "problem": "Another question", "response": "r"}
            {"id": "1", "problem": " One plus one? ", "response": "r"}
            {"prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Three plus\\nthree?"}], "response": "r"}
            {"id": "odd", "problem": "Unverifiable?", "response": "r"}
            {"problem": "Four plus four?", "response": "r"}
            """);
    assertThat(problems)
        .extracting(Problem::getAnswer)
        .containsExactly("2", "4", "", "2", "6", "??", "");
    assertThat(problems)
        .extracting(Problem::getSolution)
        .containsExactly("s1", null, null, "s1", "3+3=6\n#### 6", null, null);
    assertThat(known.missing()).isEqualTo(2);
  }

  /** Rows that number their problems as another list does would take the golds of that list. */
  @Test
  void anIdOfAnotherQuestionIsAnIdOfAnotherList() throws IOException {
    KnownProblems known = known();
    List<Problem> problems =
        problems(
            known,
            """
            {"problem_id": 1, "problem": "Five plus five?", "response": "r"}
            {"problem_id": 1, "problem": "Three plus three?", "response": "r"}
            {"problem_id": "p1", "id": "1", "problem": "Two plus two?", "response": "r"}
            {"question_id": "1", "question": "Two  plus\\ntwo?", "response": "r"}
            """);
    assertThat(problems).extracting(Problem::getAnswer).containsExactly("", "6", "4", "4");
    assertThat(known.missing()).isOne();
  }

  @Test
  void whatARowHasIsItsOwn() throws IOException {
    List<Problem> problems =
        problems(
            known(),
            """
            {"problem_id": "p1", "problem": "One plus one?", "response": "r", "answer": "3"}
            {"problem_id": "p1", "problem": "One plus one?", "response": "r", "answer": " 2 "}
            {"problem_id": "p1", "problem": "One plus one?", "response": "r", "solution": "own"}
            """);
    assertThat(problems).extracting(Problem::getAnswer).containsExactly("3", " 2 ", "2");
    assertThat(problems).extracting(Problem::getSolution).containsExactly(null, "s1", "own");
    assertThat(problems).extracting(Problem::getSource).containsOnly("response");
  }

  @Test
  void whatIsFilledInIsContentOfTheRow() throws IOException {
    Path rows =
        rows("{\"problem_id\": \"p1\", \"problem\": \"One plus one?\", \"response\": \"r\"}");
    Path whole =
        Files.writeString(
            folder.resolve("whole.jsonl"),
            "{\"problem_id\": \"p1\", \"problem\": \"One plus one?\", \"response\": \"r\", \"answer\": \"2\","
                + " \"solution\": \"s1\"}");
    String filled = taken(known(), rows).only().getRolloutId();
    assertThat(filled).isEqualTo(Taken.from(whole).only().getRolloutId());
    assertThat(filled).isNotEqualTo(Taken.from(rows).only().getRolloutId());
  }

  @Test
  void aFileWithoutAProblemIsRefused() throws IOException {
    Path none = Files.writeString(folder.resolve("none.jsonl"), "{\"nonsense\": true}\n");
    assertThatThrownBy(() -> KnownProblems.read(none))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(
            none + ": holds no usable problem; the first, on line 1, MISSING_FIELD: has neither");
    assertThatThrownBy(() -> KnownProblems.read(folder.resolve("absent.jsonl")))
        .isInstanceOf(UserMistake.class)
        .hasMessageEndingWith("absent.jsonl: no such file; name a file of problems");
  }

  private KnownProblems known() throws IOException {
    return KnownProblems.read(Files.writeString(folder.resolve("problems.jsonl"), PROBLEMS));
  }

  private List<Problem> problems(KnownProblems known, String rows) throws IOException {
    Taken taken = taken(known, rows(rows));
    assertThat(taken.rejected).isEmpty();
    return taken.rows.stream().map(row -> row.getRollout().getProblem()).toList();
  }

  private Path rows(String rows) throws IOException {
    return Files.writeString(folder.resolve("rows.jsonl"), rows);
  }

  private static Taken taken(KnownProblems known, Path rows) {
    return Taken.from(Optional.of(known), Integer.MAX_VALUE, rows);
  }
}

package io.capoflow.datasets.rollouts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.RejectedRow;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.ParquetRows;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of rollouts as a whole, and the rows that cannot be used. */
final class RolloutIntakeTest {
  private static final String ROWS =
      """
      {"id": "a", "problem": "1+1?", "response": "2", "answer": "2", "score": 0.5}
      {"id": "b", "problem": "1+2?", "steps": ["x\\n\\ny", "3"], "answer": 3, "label": 0}
      {"id": "c", "input": "1+3?", "output": "4", "gts": "4"}
      """;

  @TempDir Path folder;

  @Test
  void theSameRowsHaveTheSameIdsInEveryFileFormatAndOrder() throws IOException {
    List<String> lines = ROWS.lines().toList();
    Path plain = write("rows.jsonl", ROWS);
    List<Path> others =
        List.of(
            write("rows.ndjson", "\ufeff" + String.join("\r\n", lines)),
            gzip("rows.jsonl.gz", ROWS),
            write("rows.json", "\ufeff [\n" + String.join(",\n", lines) + "]\n"),
            write("line.json", "[" + String.join(",", lines) + "]"),
            gzip("rows.json.gz", "[" + String.join(",\n", lines) + "\n]"),
            write("backwards.jsonl", lines.get(2) + "\n\n" + lines.get(1) + "\n" + lines.get(0)));
    List<GivenRollout> expected = Taken.from(plain).rows;
    assertThat(expected)
        .extracting(GivenRollout::getLayout)
        .containsExactly("response", "processbench", "verl");
    for (Path other : others) {
      Taken taken = Taken.from(other);
      assertThat(taken.rejected).isEmpty();
      // Digests cover all but the file and the line.
      assertThat(taken.rows)
          .as(other.toString())
          .extracting(Digests::ofRow)
          .containsExactlyInAnyOrderElementsOf(expected.stream().map(Digests::ofRow).toList());
      assertThat(taken.rows).extracting(GivenRollout::getSourceFile).containsOnly(other.toString());
    }
    assertThat(Taken.from(others.get(2)).rows)
        .extracting(GivenRollout::getSourceLine)
        .containsExactly(2L, 3L, 4L);
  }

  @Test
  void filesAreReadOneAfterTheOtherUntilNoMoreIsWanted() throws IOException {
    Path one = write("1.jsonl", ROWS);
    Path two = write("2.jsonl", "[]\n" + ROWS);
    assertThat(Taken.from(one, two).rows)
        .extracting(GivenRollout::getSourceId)
        .containsExactly("a", "b", "c", "a", "b", "c");
    Taken some = Taken.from(Optional.empty(), 4, one, two);
    assertThat(some.rows).hasSize(4);
    assertThat(some.rejected).hasSize(1);
    Taken first = Taken.from(Optional.empty(), 3, one, two);
    assertThat(first.rows).hasSize(3);
    assertThat(first.rejected).isEmpty();
  }

  @Test
  void progressIsToldNowAndThenAndAtTheEndOfEachFile() throws IOException {
    Path one = write("1.jsonl", ROWS.repeat(900));
    Path two = write("2.jsonl", ROWS);
    List<String> told = new ArrayList<>();
    new RolloutIntake(Optional.empty())
        .read(
            List.of(one, two),
            Taken.from(),
            (file, rows) -> told.add(file.getFileName() + " " + rows));
    assertThat(told)
        .containsExactly("1.jsonl 1000", "1.jsonl 2000", "1.jsonl 2700", "2.jsonl 2703");
  }

  @Test
  void everyBadRowIsNamedByItsLineAndReason() throws IOException {
    Path file =
        write(
            "bad.jsonl",
            """
            {"problem": "q", "response": "fine"}

            {"problem": "q", "response"
            [1]
            {"problem": "q", "problem": "r", "response": "twice"}
            {"id": "x", "question": null, "text": "r"}
            {"problem": 5, "response": "r"}
            {"problem": " ", "response": "r"}
            {"problem": [], "response": "r"}
            {"problem": [{"role": "user"}], "response": "r"}
            {"problem": "q", "response": 5}
            {"problem": "q", "steps": "one"}
            {"problem": "q", "steps": []}
            {"problem": "q", "steps": ["one", " \\u00a0\\n"]}
            {"problem": "q", "steps": ["one", null]}
            {"id": 17, "problem": "q", "steps": ["one"], "label": 1}
            {"problem": "q", "steps": ["one"], "label": -2}
            {"problem": "q", "steps": ["one"], "label": 0.5}
            {"problem": "q", "steps": ["one"], "mistake_index": "0"}
            {"prompt": "q", "completion": [{"role": "user", "content": "r"}]}
            {"problem": "q", "response": "fine, too"}""");
    Taken taken = Taken.from(file);
    assertThat(taken.rows).extracting(GivenRollout::getSourceLine).containsExactly(1L, 21L);
    assertThat(taken.faults())
        .satisfiesExactly(
            fault -> assertThat(fault).startsWith("3 MALFORMED is not JSON: Unexpected end"),
            fault -> assertThat(fault).isEqualTo("4 MALFORMED is no JSON object"),
            fault -> assertThat(fault).startsWith("5 MALFORMED is not JSON: Duplicate field"),
            fault ->
                assertThat(fault)
                    .startsWith(
                        "6 UNKNOWN_LAYOUT has the columns id, (question), text; a row needs")
                    .contains("response and problem, question or prompt"),
            fault ->
                assertThat(fault)
                    .isEqualTo(
                        "7 BAD_COLUMN problem: is neither a text nor a list of chat messages"),
            fault -> assertThat(fault).isEqualTo("8 BAD_COLUMN problem: asks nothing"),
            fault ->
                assertThat(fault)
                    .isEqualTo(
                        "9 BAD_COLUMN problem: is neither a text nor a list of chat messages"),
            fault ->
                assertThat(fault)
                    .isEqualTo(
                        "10 BAD_COLUMN problem[0]: is no chat message with a role and a content,"
                            + " both texts"),
            fault -> assertThat(fault).isEqualTo("11 BAD_COLUMN response: is no text"),
            fault ->
                assertThat(fault).isEqualTo("12 BAD_COLUMN steps: is no list of texts, one a step"),
            fault -> assertThat(fault).isEqualTo("13 NO_STEPS steps: holds no step"),
            fault -> assertThat(fault).isEqualTo("14 BAD_STEP steps[1]: is blank"),
            fault -> assertThat(fault).isEqualTo("15 BAD_STEP steps[1]: is no text"),
            fault ->
                assertThat(fault)
                    .isEqualTo(
                        "16 BAD_LABEL label: is 1, but the steps are 0 to 0, and -1 means no"
                            + " mistake"),
            fault ->
                assertThat(fault)
                    .isEqualTo(
                        "17 BAD_LABEL label: is -2, but the steps are 0 to 0, and -1 means no"
                            + " mistake"),
            fault ->
                assertThat(fault).isEqualTo("18 BAD_LABEL label: is no whole number, and not null"),
            fault ->
                assertThat(fault)
                    .isEqualTo("19 BAD_LABEL mistake_index: is no whole number, and not null"),
            fault ->
                assertThat(fault)
                    .isEqualTo("20 BAD_COLUMN completion: has no message of the assistant"));
    assertThat(taken.rejected).extracting(RejectedRow::getFile).containsOnly(file.toString());
    assertThat(taken.rejected)
        .filteredOn(row -> row.getSourceId() != null)
        .extracting(row -> row.getLine() + " " + row.getSourceId())
        .containsExactly("6 x", "16 17");
    assertThat(taken.rejected.get(1).getContent()).isEqualTo("[1]");
    written(taken);
  }

  @Test
  void aLineThatIsNoTextOrTooLongCostsNoOther() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(
        "{\"problem\": \"q\", \"response\": \"\u00e9\"}\n".getBytes(StandardCharsets.ISO_8859_1));
    bytes.write("{\"problem\": \"q\", \"response\": \"".getBytes(StandardCharsets.UTF_8));
    bytes.write("x".repeat(17 << 20).getBytes(StandardCharsets.UTF_8));
    bytes.write("\"}\n{\"problem\": \"q\", \"response\": \"é\"}".getBytes(StandardCharsets.UTF_8));
    Path lines = Files.write(folder.resolve("lines.jsonl"), bytes.toByteArray());
    Taken taken = Taken.from(lines);
    assertThat(taken.faults())
        .containsExactly("1 MALFORMED is not UTF-8 text", "2 MALFORMED is longer than 16 MiB");
    assertThat(taken.rejected.get(0).getContent())
        .isEqualTo("{\"problem\": \"q\", \"response\": \"\ufffd\"}");
    assertThat(taken.rejected.get(1).getContent()).hasSize(2_000);
    assertThat(taken.single().getRollout().getResponse()).isEqualTo("é");

    Path array =
        Files.write(
            folder.resolve("array.json"),
            ("[" + bytes.toString(StandardCharsets.ISO_8859_1).replace("\n", ",\n") + "]")
                .getBytes(StandardCharsets.ISO_8859_1));
    Taken ofArray = Taken.from(array);
    assertThat(ofArray.faults()).isEqualTo(taken.faults());
    assertThat(ofArray.single().getRolloutId()).isEqualTo(taken.single().getRolloutId());
  }

  @Test
  void hostileTextIsKeptAsItIsOrRejected() throws IOException {
    String deep = "[".repeat(2_000) + "]".repeat(2_000);
    Path file =
        write(
            "hostile.jsonl",
            """
            {"problem": "q\\u0000\\u001b[31m", "response": "\\u0000\\u0007\\u202e \\ufffe 😀 \\ud83d\\ude00"}
            {"problem": "q", "response": "half \\ud83d"}
            {"problem": "q", "steps": ["whole", "\\ude00 half"]}
            {"problem": "q", "response": "r", "note\\udc00": 1}
            {"problem": "q", "response": "r", "notes": {"deep": ["\\ud83d"]}}
            {"id": "\\ud83d", "problem": "q", "response": "r"}
            {"problem": "q", "response": "r", "deep": %s}
            {"problem": "q", "response": "r", "number": 1e999999999, "long": 123456789012345678901234567890}
            {"problem": "q", "response": "r", "digits": %s}
            {"problem": "q", "response": "r", "": "no name", "a\\u0000\\nb": ""}
            """
                .formatted(deep, "1".repeat(2_000)));
    Taken taken = Taken.from(file);
    assertThat(taken.rows).extracting(GivenRollout::getSourceLine).containsExactly(1L, 8L, 10L);
    assertThat(taken.rows.get(0).getRollout().getResponse())
        .isEqualTo("\0\u0007\u202e \ufffe 😀 😀");
    assertThat(Taken.columns(taken.rows.get(1)))
        .containsExactly("long=123456789012345678901234567890", "number=1E+999999999");
    assertThat(Taken.columns(taken.rows.get(2))).containsExactly("=no name", "a\0\nb=");
    assertThat(taken.faults())
        .satisfiesExactly(
            fault ->
                assertThat(fault)
                    .isEqualTo(
                        "2 UNPAIRED_SURROGATE rollout.response: holds half a surrogate pair"
                            + " (\\ud800 to \\udfff), which is no character"),
            fault -> assertThat(fault).startsWith("3 UNPAIRED_SURROGATE rollout.response"),
            fault -> assertThat(fault).startsWith("4 UNPAIRED_SURROGATE columns.name"),
            fault -> assertThat(fault).startsWith("5 UNPAIRED_SURROGATE columns.value"),
            fault -> assertThat(fault).startsWith("6 UNPAIRED_SURROGATE source_id"),
            fault ->
                assertThat(fault).startsWith("7 MALFORMED is not JSON: Document nesting depth"),
            fault -> assertThat(fault).startsWith("9 MALFORMED is not JSON: Number value length"));
    assertThat(taken.rejected.get(4).getSourceId()).isEqualTo("\ufffd");
    written(taken);
  }

  @Test
  void whatIsShownOfARowIsCutBetweenCharacters() throws IOException {
    Path file = write("long.jsonl", "[" + "😀".repeat(3_000) + "\n");
    assertThat(Taken.from(file).rejected.get(0).getContent()).isEqualTo("[" + "😀".repeat(999));
  }

  @Test
  void aFileThatCannotBeReadAsAWholeIsOneLine() throws IOException {
    assertMistake(write("a.parquet", "PAR1 but not really"), "cannot be read as Parquet (");
    assertMistake(write("a.csv", "x"), "is read by its ending, which must be .parquet, .jsonl");
    assertMistake(write("a.parquet.gz", "x"), "is read by its ending");
    assertMistake(write("a.json", "{\"problem\": 1}"), "must hold a JSON array of objects");
    assertMistake(write("b.json", ""), "must hold a JSON array of objects");
    assertMistake(
        write("c.json", "[{}\n, {\"a\": \"]"), "the file ends inside the row that begins");
    assertMistake(write("d.json", "[{}]\n[{}]"), "something follows the end of the array");
    assertMistake(write("e.json", "[{},]"), "no row stands before this bracket");
    assertMistake(write("f.json", "[,{}]"), "no row stands before this comma");
    assertMistake(write("g.jsonl.gz", ROWS), "cannot be unpacked by gzip (Not in GZIP format)");
    Path whole = gzip("whole.jsonl.gz", ROWS.repeat(50));
    byte[] bytes = Files.readAllBytes(whole);
    assertMistake(
        Files.write(folder.resolve("cut.jsonl.gz"), Arrays.copyOf(bytes, bytes.length - 9)),
        "cannot be unpacked by gzip (");
    assertMistake(
        Files.write(folder.resolve("empty.json.gz"), new byte[0]),
        "cannot be unpacked by gzip (it ends too early)");
    assertMistake(folder.resolve("absent.jsonl"), "no such file; name a file of rollouts");
  }

  @Test
  void aRowThatIsBrokenInsideOfAnArrayCostsNoOther() throws IOException {
    Path file =
        write(
            "array.json",
            """
            [ {"problem": "q", "response": "]}\\"["},
              {"problem": "q", "response": oops},
              {"problem": "q" "response": "r"}, 5,
              {"problem": "q", "response": "r"} ]
            """);
    Taken taken = Taken.from(file);
    assertThat(taken.rows)
        .extracting(row -> row.getRollout().getResponse())
        .containsExactly("]}\"[", "r");
    assertThat(taken.rejected)
        .extracting(row -> row.getLine() + " " + row.getReason())
        .containsExactly("2 MALFORMED", "3 MALFORMED", "3 MALFORMED");
    assertThat(taken.rejected.get(0).getContent())
        .isEqualTo("{\"problem\": \"q\", \"response\": oops}");
  }

  @Test
  void emptyFilesHaveNoRows() throws IOException {
    assertThat(
            Taken.from(
                    write("empty.jsonl", ""),
                    write("blank.jsonl", "\n \n"),
                    write("empty.json", "\ufeff[ ]"),
                    gzip("empty.jsonl.gz", ""))
                .rows)
        .isEmpty();
  }

  private void written(Taken taken) {
    Path rows = folder.resolve("rows-written.parquet");
    Path rejected = folder.resolve("rejected-written.parquet");
    ParquetRows.write(rows, GivenRollout.class, taken.rows);
    ParquetRows.write(rejected, RejectedRow.class, taken.rejected);
    assertThat(ParquetRows.read(rows, GivenRollout.class)).isEqualTo(taken.rows);
    assertThat(ParquetRows.read(rejected, RejectedRow.class)).isEqualTo(taken.rejected);
  }

  private static void assertMistake(Path file, String message) {
    assertThatThrownBy(() -> Taken.from(file))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(file + ":")
        .hasMessageContaining(message)
        .message()
        .doesNotContain("\n");
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private Path gzip(String name, String text) throws IOException {
    Path file = folder.resolve(name);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return file;
  }
}

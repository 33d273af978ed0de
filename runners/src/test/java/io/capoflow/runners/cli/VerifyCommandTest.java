package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.capoflow.schemas.Digests;
import io.capoflow.verifiers.VerifierOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class VerifyCommandTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String ROWS =
      """
      {"id": "a", "response": "So \\\\boxed{0.50}.", "gold": "\\\\frac{1}{2}", "score": 1.50, "tags": ["x", 2]}

      {"id": 7, "response": "I think 4.", "gold": 4, "outcome": "of another", "score": 12345678901234567890.5}
      {oops
      {"id": "c", "response": "\\\\boxed{4", "gold": "4"}
      {"id": "d", "gold": "4"}
      {"id": "e", "response": "\\\\boxed{\\ud83d\\u001b[2J}", "gold": "4", "note": "é😀"}
      """;

  @TempDir private Path directory;
  private Path input;

  @BeforeEach
  void writeRows() throws IOException {
    input = directory.resolve("answers.jsonl");
    Files.writeString(input, ROWS);
  }

  @Test
  void rowsKeepTheirOrderAndColumnsAndGetTheirVerdicts() throws IOException {
    Path output = directory.resolve("new/verified.jsonl");
    CliRun run = verify(input, output);
    assertThat(run.errors()).isEmpty();
    assertThat(run.status()).isZero();
    List<JsonNode> rows = rows(output);
    assertThat(rows).extracting(row -> row.get("id").asText()).containsExactly("a", "7", "c", "e");
    assertThat(Files.readAllLines(output).get(0))
        .startsWith(
            "{\"id\":\"a\",\"response\":\"So \\\\boxed{0.50}.\",\"gold\":\"\\\\frac{1}{2}\","
                + "\"score\":1.50,\"tags\":[\"x\",2],\"outcome\":1,\"extracted\":\"0.50\","
                + "\"reason\":\"CORRECT\",\"gold_type\":")
        .matches(
            ".*\"route\":\"[^\"]+\",\"fuel\":[0-9]+,\"verifier\":\"math/math-[0-9]+\","
                + "\"verifier_options\":\""
                + VerifierOptions.strict().canonical()
                + "\"}");
    assertThat(rows.get(1).get("outcome").asInt()).isZero();
    assertThat(rows.get(1).get("extracted").isNull()).isTrue();
    assertThat(Files.readAllLines(output).get(1)).contains("\"score\":12345678901234567890.5,");
    assertThat(rows)
        .extracting(row -> row.get("reason").asText())
        .containsExactly("CORRECT", "NO_ANSWER", "BAD_BOX", "WRONG");
    assertThat(rows.get(3).get("extracted").asText()).isEqualTo("\ud83d\u001b[2J");
    assertThat(rows.get(3).get("note").asText()).isEqualTo("é😀");
  }

  @Test
  void rowsThatCannotBeVerifiedAreKeptApartWithLineAndReason() throws IOException {
    Path output = directory.resolve("verified.jsonl");
    CliRun run = verify(input, output);
    Path rejects = directory.resolve("verified-rejected.jsonl");
    List<JsonNode> rejected = rows(rejects);
    assertThat(rejected)
        .extracting(row -> row.get("line").asInt() + " " + row.get("reason").asText())
        .containsExactly("4 MALFORMED", "6 MISSING_FIELD");
    assertThat(rejected.get(0).get("content").asText()).isEqualTo("{oops");
    assertThat(rejected.get(1).get("detail").asText()).isEqualTo("response: is absent");
    assertThat(run.lines().subList(0, 5))
        .containsExactly(
            "4 rows verified, 1 right (25.00 %), in " + output,
            "  BAD_BOX                   1",
            "  CORRECT                   1",
            "  NO_ANSWER                 1",
            "  WRONG                     1");
    assertThat(run.lines().get(5))
        .startsWith(
            "2 rows rejected, in " + rejects + "; the first, on line 4, MALFORMED: is not JSON");
    assertThat(run.lines().get(6))
        .matches("verifier math/math-\\d+, options [0-9a-f]{16} \\(mode=strict;seed=0.*\\)");
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void parquetAndJsonLinesTurnIntoEachOther() throws IOException {
    Path parquet = directory.resolve("verified.parquet");
    Path again = directory.resolve("again.parquet");
    Path lines = directory.resolve("lines.jsonl");
    assertThat(verify(input, parquet).errors()).isEmpty();
    assertThat(verify(parquet, again, "--mode", "lenient").errors()).isEmpty();
    assertThat(verify(again, lines).errors()).isEmpty();
    List<JsonNode> rows = rows(lines);
    assertThat(rows).extracting(row -> row.get("id").asText()).containsExactly("a", "7", "c", "e");
    assertThat(rows).extracting(row -> row.get("outcome").asInt()).containsExactly(1, 0, 0, 0);
    assertThat(rows.get(0).get("score").asDouble()).isEqualTo(1.5);
    assertThat(rows.get(0).get("tags").asText()).isEqualTo("[\"x\",2]");
    assertThat(rows.get(2).get("tags").isNull()).isTrue();
    assertThat(Files.exists(directory.resolve("again-rejected.jsonl"))).isFalse();
  }

  @Test
  void parquetIsReadByOthersAndLenientModeFindsMore() throws Exception {
    Path parquet = directory.resolve("verified.parquet");
    assertThat(verify(input, parquet, "--mode", "lenient").status()).isZero();
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var rows =
            connection
                .createStatement()
                .executeQuery(
                    "SELECT string_agg(id || ' ' || outcome || ' ' || coalesce(extracted, '-'), ', '"
                        + " ORDER BY id) FROM '"
                        + parquet
                        + "' WHERE id <> 'e'")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString(1)).isEqualTo("7 1 4, a 1 0.50, c 0 -");
    }
  }

  @Test
  void everyRowSaysWhoJudgedItAndHow() throws Exception {
    Files.writeString(
        input,
        """
        {"id": 1, "source": "gsm8k", "response": "#### 1", "gold": "1", "options": ["A", "B"]}
        {"id": 2, "source": "gpqa", "response": "\\\\boxed{B}", "gold": "B", "verifier": "of another"}
        """);
    Path lines = directory.resolve("verified.jsonl");
    Path parquet = directory.resolve("verified.parquet");
    String[] flags = {"--verifier", "by_source", "--by-source", "a=text", "--approx-digits", "4"};
    assertThat(verify(input, lines, flags).errors()).isEmpty();
    assertThat(verify(lines, parquet, flags).errors()).isEmpty();

    String options =
        VerifierOptions.strict().withApproxDigits(4).withBySource(Map.of("a", "text")).canonical();
    assertThat(rows(lines))
        .extracting(
            row -> row.get("verifier").asText() + " " + row.get("verifier_options").asText())
        .containsExactly("numeric/numeric-1 " + options, "choice/choice-1 " + options);
    assertThat(rows(lines).get(0).get("options").get(1).asText()).isEqualTo("B");
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var rows =
            connection
                .createStatement()
                .executeQuery(
                    "SELECT string_agg(verifier, ' ' ORDER BY id), any_value(verifier_options),"
                        + " count(DISTINCT verifier_options) FROM '"
                        + parquet
                        + "'")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getString(1)).isEqualTo("numeric/numeric-1 choice/choice-1");
      assertThat(rows.getString(2)).isEqualTo(options);
      assertThat(rows.getInt(3)).isEqualTo(1);
    }
  }

  @Test
  void anOptionOfTheVerifierChangesVerdictsAndIsReported() throws IOException {
    Files.writeString(
        input,
        """
        {"id": "tag", "response": "<answer>4</answer>, not \\\\boxed{5}", "gold": "4"}
        {"id": "digits", "response": "\\\\boxed{0.333}", "gold": "1/3"}
        {"id": "literal", "response": "\\\\boxed{2^{10}}", "gold": "1024"}
        """);
    assertOutcomes("0 0 1", "answer_tag=false;approx_digits=6;literal_only=false");
    assertOutcomes("1 0 1", "answer_tag=true;approx_digits=6;literal_only=false", "--answer-tag");
    assertOutcomes(
        "0 1 1", "answer_tag=false;approx_digits=3;literal_only=false", "--approx-digits", "3");
    assertOutcomes("0 0 0", "answer_tag=false;approx_digits=6;literal_only=true", "--literal-only");
    assertThat(
            CliRun.of("verify", "--explain", "--input", input, "--id", "tag", "--answer-tag")
                .lines())
        .contains("rung              tag", "outcome           1")
        .element(0)
        .asString()
        .contains(";answer_tag=true;");
  }

  private void assertOutcomes(String outcomes, String options, String... flags) throws IOException {
    Path output = directory.resolve("verified.jsonl");
    List<String> more = new ArrayList<>(List.of(flags));
    more.add("--force");
    CliRun run = verify(input, output, more.toArray(String[]::new));
    assertThat(run.errors()).isEmpty();
    assertThat(
            rows(output).stream()
                .map(row -> row.get("outcome").asText())
                .collect(Collectors.joining(" ")))
        .isEqualTo(outcomes);
    String canonical = "mode=strict;seed=0;" + options;
    assertThat(run.lines().get(run.lines().size() - 1))
        .endsWith(
            ", options " + Digests.ofParts(canonical).substring(0, 16) + " (" + canonical + ")");
  }

  @Test
  void aHeapThatMayBeTooSmallForARowGroupIsToldOf() {
    assertThat(VerifyCommand.heapNote(128L << 20, 128L << 20)).isEmpty();
    assertThat(VerifyCommand.heapNote(540L << 20, 128L << 20))
        .contains(
            "has row groups that may take 540 MiB, more than the heap of 128 MiB; should memory run"
                + " out, give more by CAPOFLOW_JAVA_OPTIONS=-Xmx668m");
  }

  @Test
  void theSameInputGivesTheSameBytes() throws IOException {
    Path one = directory.resolve("one.jsonl");
    Path two = directory.resolve("two.jsonl");
    verify(input, one);
    verify(input, two);
    assertThat(two).hasSameBinaryContentAs(one);
  }

  @Test
  void anOutputThatExistsIsWrittenOverByForceAlone() throws IOException {
    Path output = directory.resolve("verified.jsonl");
    Files.writeString(output, "mine");
    assertThat(verify(input, output).errors())
        .isEqualTo(
            "capoflow: "
                + output
                + ": exists; name another --output, or write over it by --force\n");
    assertThat(output).hasContent("mine");
    assertThat(verify(input, output, "--force").status()).isZero();
    assertThat(rows(output)).hasSize(4);
    Path good = directory.resolve("good.jsonl");
    Files.writeString(good, "{\"id\": 1, \"response\": \"#### 4\", \"gold\": \"4\"}\n");
    assertThat(verify(good, output, "--force").status()).isZero();
    assertThat(directory.resolve("verified-rejected.jsonl")).doesNotExist();
  }

  @Test
  void theInputIsNeverWrittenOver() {
    CliRun run = verify(input, input, "--force");
    assertThat(run.errors()).contains("would write over the input").hasLineCount(1);
    assertThat(run.status()).isEqualTo(2);
    assertThat(input).hasContent(ROWS);
  }

  @Test
  void aFileWithoutOneGoodRowIsAMistakeAndLeavesNoOutput() throws IOException {
    Files.writeString(input, "{\"id\": 1}\n[2]\n");
    Path output = directory.resolve("verified.jsonl");
    CliRun run = verify(input, output);
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.errors())
        .contains(
            "none of 2 rows can be verified; the first, on line 1, MISSING_FIELD: response: is absent");
    assertThat(output).doesNotExist();
    assertThat(rows(directory.resolve("verified-rejected.jsonl"))).hasSize(2);
    assertThat(leftovers()).isEmpty();
    Files.writeString(output, "mine");
    assertThat(verify(input, output, "--force").errors())
        .endsWith("; " + output + " is left as it was\n");
    assertThat(output).hasContent("mine");
  }

  @Test
  void aBrokenParquetFileLeavesNoOutput() throws IOException {
    Path whole = directory.resolve("whole.parquet");
    verify(input, whole);
    byte[] bytes = Files.readAllBytes(whole);
    Path cut = directory.resolve("cut.parquet");
    Files.write(cut, java.util.Arrays.copyOf(bytes, bytes.length - 9));
    CliRun run = verify(cut, directory.resolve("out.jsonl"));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.errors()).contains("cannot be read as Parquet").hasLineCount(1);
    assertThat(directory.resolve("out.jsonl")).doesNotExist();
    assertThat(leftovers()).isEmpty();
  }

  @Test
  void anEmptyFileGivesAnEmptyFile() throws IOException {
    Files.writeString(input, "\n\n");
    assertThat(verify(input, directory.resolve("out.jsonl")).status()).isZero();
    assertThat(directory.resolve("out.jsonl")).isEmptyFile();
    assertThat(verify(input, directory.resolve("out.parquet")).status()).isZero();
    assertThat(verify(directory.resolve("out.parquet"), directory.resolve("2.jsonl")).status())
        .isZero();
    assertThat(directory.resolve("2.jsonl")).isEmptyFile();
  }

  @Test
  void aLineOfAnyLengthIsReadOrRejectedAndTheNextIsFound() throws IOException {
    String row = "{\"id\": %d, \"response\": \"%s #### 4\", \"gold\": \"4\"}";
    Files.writeString(
        input,
        String.join(
            "\n",
            "\ufeff" + row.formatted(1, "x".repeat((1 << 16) - 47)),
            row.formatted(2, "x".repeat(200_000)),
            row.formatted(3, "x".repeat(17 << 20)),
            row.formatted(4, "last, without a line end")));
    Path output = directory.resolve("out.jsonl");
    CliRun run = verify(input, output);
    assertThat(run.errors()).isEmpty();
    assertThat(rows(output))
        .extracting(line -> line.get("id").asInt() + " " + line.get("outcome").asInt())
        .containsExactly("1 1", "2 1", "4 1");
    assertThat(rows(directory.resolve("out-rejected.jsonl")))
        .extracting(line -> line.get("line").asInt() + " " + line.get("detail").asText())
        .containsExactly("3 is longer than 16 MiB");
  }

  @Test
  void theSourcePicksTheVerifier() throws IOException {
    Files.writeString(
        input,
        """
        {"id": 1, "source": "gpqa", "response": "\\\\boxed{c}", "gold": "C"}
        {"id": 2, "source": "words", "response": "\\\\boxed{The End!}", "gold": "end"}
        {"id": 3, "response": "\\\\boxed{2^{3}}", "gold": "8"}
        {"id": 4, "source": "gpqa", "response": "\\\\boxed{8}", "gold": "8"}
        """);
    Path output = directory.resolve("out.jsonl");
    CliRun run = verify(input, output, "--verifier", "by_source", "--by-source", "words=text");
    assertThat(run.errors()).isEmpty();
    assertThat(rows(output))
        .extracting(row -> row.get("outcome").asInt() + row.get("gold_type").asText())
        .containsExactly("1Choice", "1Text", "1Integer", "0Unparsed");
    assertThat(run.lines())
        .contains("gold answers that could not be read count as wrong; the first, of row 4");
  }

  @Test
  void onePairIsExplainedWithItsControlCharactersNamed() {
    CliRun run =
        CliRun.of(
            "verify",
            "--explain",
            "--verifier",
            "numeric",
            "--response",
            "\u001b[2J\nIt is \\boxed{$1,250.50 \u001b]0;}",
            "--gold",
            "2501/2");
    assertThat(run.errors()).isEmpty();
    assertThat(run.lines())
        .containsExactly(
            "verifier          numeric/numeric-1, " + VerifierOptions.strict().canonical(),
            "gold              2501/2",
            "gold type         Number",
            "gold normal form  2501/2",
            "rung              box",
            "extracted         $1,250.50 \\u{1b}]0;",
            "normal form       -",
            "route             number",
            "fuel              " + ("$1,250.50 ?]0;".length() + "2501/2".length()),
            "reason            WRONG",
            "outcome           0");
    assertThat(run.out()).doesNotContain("\u001b");
  }

  @Test
  void aRowOfAFileIsExplained() {
    CliRun run =
        CliRun.of("verify", "--explain", "--input", input, "--id", "7", "--mode", "lenient");
    assertThat(run.status()).isZero();
    assertThat(run.lines())
        .contains("gold              4", "extracted         4", "outcome           1");
  }

  @Test
  void goldsAreVerifiedAgainstThemselves() throws IOException {
    Files.writeString(
        input,
        """
        {"id": 1, "gold": "\\\\frac{1}{2}"}
        {"id": 2, "gold": "\\\\frac{1}{0}"}
        {"gold": "#### 3"}
        {"id": 4}
        """);
    CliRun run = CliRun.of("verify", "--golds", "--input", input);
    assertThat(run.errors()).isEmpty();
    assertThat(run.lines())
        .containsExactly(
            "line 2, id 2: GOLD_UNPARSED",
            "line 4, id 4: MISSING_FIELD: gold",
            "4 gold answers, 2 of them not equal to themselves by the verifier math");
    assertThat(run.status()).isEqualTo(1);
  }

  private static CliRun verify(Path input, Path output, String... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("verify", "--input", input, "--output", output));
    arguments.addAll(List.of(more));
    return CliRun.of(arguments.toArray());
  }

  private static List<JsonNode> rows(Path file) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }

  /** Drafts that a run left behind. */
  private List<Path> leftovers() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.getFileName().toString().endsWith(".tmp")).toList();
    }
  }
}

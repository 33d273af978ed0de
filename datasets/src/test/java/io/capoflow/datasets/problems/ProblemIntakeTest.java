package io.capoflow.datasets.problems;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RejectedProblem;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.ParquetRows;
import io.capoflow.verifiers.ChoiceVerifier;
import io.capoflow.verifiers.CompositeVerifier;
import io.capoflow.verifiers.MathVerifier;
import io.capoflow.verifiers.NumericVerifier;
import io.capoflow.verifiers.VerifierOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProblemIntakeTest {
  @TempDir Path folder;

  @Test
  void a_gold_answer_is_checked_by_the_verifier_of_its_source() throws IOException {
    Path file =
        write(
            "sources.jsonl",
            """
            {"problem_id": "a", "prompt": "A?", "answer": "B", "source": "gpqa"}
            {"problem_id": "b", "prompt": "B?", "answer": "7", "source": "gpqa"}
            {"problem_id": "c", "prompt": "C?", "answer": "7", "source": "gsm8k"}
            {"problem_id": "d", "prompt": "D?", "answer": "x", "source": "gsm8k"}
            {"problem_id": "e", "prompt": "E?", "answer": "x^2", "source": "mine"}""");
    ProblemSet set =
        new ProblemIntake(new GoldCheck(new CompositeVerifier(), VerifierOptions.strict()))
            .read(file);
    assertThat(set.problems()).extracting(Problem::getProblemId).containsExactly("a", "c", "e");
    assertThat(set.rejected())
        .extracting(RejectedProblem::getDetail)
        .containsExactly(
            "answer: the verifier choice does not accept it as equal to itself (GOLD_UNPARSED)",
            "answer: the verifier numeric does not accept it as equal to itself (GOLD_UNPARSED)");
  }

  @Test
  void problems_that_no_file_was_read_for_are_refused_at_the_first_bad_gold() {
    Problem problem =
        Problem.newBuilder()
            .setProblemId("train-000000")
            .setPrompt(List.of(new Message("user", "2+2?")))
            .setAnswer("4")
            .setSource("arithmetic")
            .setMetadata(Map.of())
            .build();
    new GoldCheck(new NumericVerifier(), VerifierOptions.strict())
        .requireAll(List.of(problem), "verify.verifier");
    assertThatThrownBy(
            () ->
                new GoldCheck(new ChoiceVerifier(), VerifierOptions.strict())
                    .requireAll(List.of(problem), "verify.verifier"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "verify.verifier: problem train-000000: answer: the verifier choice does not accept it"
                + " as equal to itself (GOLD_UNPARSED); name another verifier");
  }

  @Test
  void gsm8k_keeps_the_worked_solution_and_takes_the_answer_after_the_hashes() {
    ProblemSet set = intake().read(sample("gsm8k.jsonl"));
    assertThat(set.rejected()).isEmpty();
    assertThat(set.problems()).hasSize(8);
    assertThat(set.problems().get(0))
        .isEqualTo(
            Problem.newBuilder()
                .setProblemId("gsm8k-000001")
                .setPrompt(
                    List.of(
                        new Message(
                            "user",
                            "Natalia sold clips to 48 of her friends in April, and then she sold"
                                + " half as many clips in May. How many clips did Natalia sell"
                                + " altogether in April and May?")))
                .setAnswer("72")
                .setSolution(
                    "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\n"
                        + "Natalia sold 48+24 = <<48+24=72>>72 clips altogether in April and"
                        + " May.\n#### 72")
                .setSource("gsm8k")
                .setMetadata(Map.of())
                .build());
  }

  @Test
  void every_bad_row_is_kept_with_its_line_and_reason() throws IOException {
    String longText = "x".repeat(3_000);
    Path file =
        write(
            "mixed.jsonl",
            """
            {"question": "1+1?", "answer": "#### 2"}

            {"question": "1+1?", "answer": "two"
            {"question": "1+2?", "answer": "three"}
            {"question": "1+3?", "answer": "easy\\n#### "}
            {"question": " 1+1? \\t", "answer": "#### 3"}
            {"question": "1+4?"}
            {"question": 5, "answer": "#### 5"}
            {"question": "unreadable", "answer": "#### ??"}
            {"question": "a", "question": "b", "answer": "#### 5"}
            {"question": "1", "answer": "#### 5"} {"more": 1}
            [1]
            {"problem_id": "own", "prompt": "Own?", "answer": "7", "source": "mine", "metadata": {"a": 1}}
            {"problem_id": "own", "prompt": "Another?", "answer": "7", "source": "mine"}
            {"problem_id": "", "prompt": "Another?", "answer": "7", "source": "mine"}
            {"problem_id": "p", "prompt": [], "answer": "7", "source": "mine"}
            {"prompt": "%s", "reward_model": {"style": "rule"}}
            {"question": "last", "answer": "#### 9"}"""
                .formatted(longText));
    ProblemSet set = intake().read(file);
    assertThat(set.problems())
        .extracting(Problem::getProblemId)
        .containsExactly("mixed-000001", "own", "mixed-000018");
    assertThat(set.problems().get(1).getMetadata()).isEqualTo(Map.of("a", "1"));
    assertThat(set.rejected())
        .extracting(row -> row.getLine() + " " + row.getReason() + " " + row.getDetail())
        .satisfiesExactly(
            row -> assertThat(row).startsWith("3 MALFORMED is not JSON: Unexpected end-of-input"),
            row ->
                assertThat(row)
                    .isEqualTo(
                        "4 MISSING_FIELD answer: has no line \"#### …\" with the final answer"),
            row ->
                assertThat(row)
                    .isEqualTo("5 MISSING_FIELD answer: nothing follows its last \"####\""),
            row -> assertThat(row).isEqualTo("6 DUPLICATE_CONTENT asks the same as line 1"),
            row -> assertThat(row).startsWith("7 MISSING_FIELD has neither question and answer,"),
            row -> assertThat(row).isEqualTo("8 MISSING_FIELD question: is no text"),
            row ->
                assertThat(row)
                    .isEqualTo(
                        "9 GOLD_UNVERIFIED answer: the verifier box does not accept it as equal to"
                            + " itself (GOLD_UNPARSED)"),
            row -> assertThat(row).startsWith("10 MALFORMED is not JSON: Duplicate field"),
            row -> assertThat(row).startsWith("11 MALFORMED is not JSON: Trailing token"),
            row -> assertThat(row).isEqualTo("12 MALFORMED is no JSON object"),
            row -> assertThat(row).isEqualTo("14 DUPLICATE_ID id own is that of line 13"),
            row -> assertThat(row).isEqualTo("15 MISSING_FIELD problem_id: is no text"),
            row ->
                assertThat(row)
                    .isEqualTo("16 MISSING_FIELD prompt: is neither a text nor a list of messages"),
            row ->
                assertThat(row)
                    .isEqualTo("17 MISSING_FIELD reward_model.ground_truth: is no text"));
    assertThat(set.rejected().get(13).getContent()).hasSize(2_000).startsWith("{\"prompt\": \"x");
    assertThat(set.rejected().get(10).getProblemId()).isEqualTo("own");

    Path kept = folder.resolve("problems-rejected.parquet");
    ProblemFiles.writeRejected(kept, set.rejected());
    ProblemFiles.writeRejected(kept, set.rejected());
    assertThat(ParquetRows.read(kept, RejectedProblem.class)).isEqualTo(set.rejected());
  }

  @Test
  void too_many_bad_rows_stop_the_run_with_the_first_one() throws IOException {
    Path file = write("half.jsonl", "{\n{\"question\": \"1+1?\", \"answer\": \"#### 2\"}\n");
    ProblemSet set = intake().read(file);
    assertThat(set.rejectedShare()).isEqualTo(0.5);
    assertThat(set.requireUsable(0.5)).isSameAs(set);
    assertThatThrownBy(() -> set.requireUsable(0.05))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(
            file
                + ": 1 of 2 rows cannot be used, more than problems.max_rejected_share 0.05 allows;"
                + " the first, on line 1, MALFORMED: is not JSON: ")
        .hasMessageEndingWith("; mend them, or raise the share")
        .message()
        .doesNotContain("\n");
  }

  @Test
  void an_empty_set_is_refused() throws IOException {
    for (String text : List.of("", "\n\n")) {
      Path file = write("empty.jsonl", text);
      assertThatThrownBy(() -> intake().read(file).requireUsable(1))
          .isInstanceOf(UserMistake.class)
          .hasMessage(file + ": holds no usable problem; name another file");
    }
  }

  @Test
  void files_read_by_one_intake_share_no_question() throws IOException {
    Path heldOut = write("test.jsonl", "{\"question\": \"1+1?\", \"answer\": \"#### 2\"}\n");
    Path train =
        write(
            "train.jsonl",
            "{\"question\": \"2+2?\", \"answer\": \"#### 4\"}\n"
                + "{\"question\": \"1+1?\", \"answer\": \"#### 2\"}\n");
    ProblemIntake intake = intake();
    assertThat(intake.read(heldOut).problems()).hasSize(1);
    ProblemSet set = intake.read(train);
    assertThat(set.problems()).extracting(Problem::getProblemId).containsExactly("train-000001");
    assertThat(set.rejected())
        .extracting(RejectedProblem::getDetail)
        .containsExactly("asks the same as " + heldOut + ", line 1");
  }

  @Test
  void trl_and_open_r1_give_an_answer_or_a_solution_with_a_box() {
    ProblemSet set = intake().read(sample("open-r1.json"));
    assertThat(set.problems())
        .extracting(Problem::getProblemId, Problem::getAnswer, Problem::getSolution)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(
                "open-r1-000002", "3.5", "Halving gives $\\boxed{3.5}$."),
            org.assertj.core.groups.Tuple.tuple(
                "open-r1-000003", "Adding gives \\boxed{4}.", "Adding gives \\boxed{4}."),
            org.assertj.core.groups.Tuple.tuple("open-r1-000004", "5", null));
    assertThat(set.problems().get(2).getPrompt())
        .containsExactly(new Message("system", "Be brief."), new Message("user", "What is 3 + 2?"));
    assertThat(set.rejected())
        .extracting(RejectedProblem::getLine, RejectedProblem::getReason)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(8L, "MISSING_FIELD"),
            org.assertj.core.groups.Tuple.tuple(9L, "MALFORMED"));
  }

  @Test
  void rows_that_share_a_line_have_names_of_their_own() throws IOException {
    Path file =
        write(
            "line.json",
            """
            [{"problem": "1+1?", "answer": "2"}, {"problem": "1+2?", "answer": "3"},
            {"problem": "1+3?", "answer": "4"}, 5, {"problem": "1+4?", "answer": "5"}]""");
    assertThat(intake().read(file).problems())
        .extracting(Problem::getProblemId)
        .containsExactly("line-000001", "line-000001-2", "line-000002", "line-000002-3");
  }

  @Test
  void a_packed_file_is_read_as_what_is_in_it() throws IOException {
    Path file = folder.resolve("packed.jsonl.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      out.write("{\"question\": \"1+1?\", \"answer\": \"#### 2\"}".getBytes(UTF_8));
    }
    assertThat(intake().read(file).problems())
        .extracting(Problem::getProblemId)
        .containsExactly("packed-000001");
  }

  @Test
  void our_parquet_reads_back_as_it_was_written() {
    List<Problem> problems = intake().read(sample("gsm8k.jsonl")).problems();
    Path file = folder.resolve("problems.parquet");
    ProblemFiles.write(file, problems);
    ProblemSet set = intake().read(file);
    assertThat(set.rejected()).isEmpty();
    assertThat(set.problems()).isEqualTo(problems);
  }

  @Test
  void verl_parquet_is_read_by_its_columns() throws IOException {
    Schema message =
        SchemaBuilder.record("m")
            .fields()
            .requiredString("role")
            .requiredString("content")
            .endRecord();
    Schema reward =
        SchemaBuilder.record("r")
            .fields()
            .requiredString("ground_truth")
            .requiredString("style")
            .endRecord();
    Schema schema =
        SchemaBuilder.record("row")
            .fields()
            .requiredString("data_source")
            .name("prompt")
            .type(Schema.createArray(message))
            .noDefault()
            .name("reward_model")
            .type(reward)
            .noDefault()
            .requiredBytes("image")
            .endRecord();
    Path file = folder.resolve("verl.parquet");
    PlainParquetConfiguration configuration = new PlainParquetConfiguration();
    configuration.setBoolean("parquet.avro.write-old-list-structure", false);
    try (ParquetWriter<GenericRecord> writer =
        AvroParquetWriter.<GenericRecord>builder(new LocalOutputFile(file))
            .withSchema(schema)
            .withConf(configuration)
            .build()) {
      GenericRecord row = new GenericData.Record(schema);
      row.put("data_source", "openai/gsm8k");
      GenericRecord user = new GenericData.Record(message);
      user.put("role", "user");
      user.put("content", "6 times 7?");
      row.put("prompt", List.of(user));
      GenericRecord truth = new GenericData.Record(reward);
      truth.put("ground_truth", "42");
      truth.put("style", "rule");
      row.put("reward_model", truth);
      row.put("image", java.nio.ByteBuffer.wrap(new byte[] {1}));
      writer.write(row);
    }
    assertThat(intake().read(file).problems())
        .containsExactly(
            Problem.newBuilder()
                .setProblemId("verl-000001")
                .setPrompt(List.of(new Message("user", "6 times 7?")))
                .setAnswer("42")
                .setSource("openai/gsm8k")
                .build());
  }

  @Test
  void a_file_that_cannot_be_read_at_all_is_one_line() throws IOException {
    Path notParquet = write("broken.parquet", "PAR1 but not really");
    assertThatThrownBy(() -> intake().read(notParquet))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(notParquet + ": cannot be read as Parquet (")
        .message()
        .doesNotContain("\n");
    Path notArray = write("object.json", "{}");
    assertThatThrownBy(() -> intake().read(notArray))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            notArray
                + ": must hold a JSON array of objects; name it .jsonl if it holds an object a"
                + " line");
    Path cut = write("cut.json", "[\n {\"a\": 1},\n {\"a\":");
    assertThatThrownBy(() -> intake().read(cut))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(cut + ":3: is not JSON: ");
    Path unknown = write("problems.csv", "");
    assertThatThrownBy(() -> intake().read(unknown))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            unknown
                + ": is read by its ending, which must be .parquet, .jsonl or .json, of the last two"
                + " also packed (.jsonl.gz); rename it");
    Path absent = folder.resolve("absent.jsonl");
    assertThatThrownBy(() -> intake().read(absent))
        .isInstanceOf(UserMistake.class)
        .hasMessage(absent + ": no such file; name a file of problems");
  }

  @Test
  void every_gold_answer_of_gsm8k_verifies_against_itself() {
    Path data = Path.of(System.getProperty("capoflow.shared.data"));
    assumeThat(data.resolve("gsm8k-train.jsonl"))
        .as("SKIPPED: no GSM8K at %s; set -Dcapoflow.shared.data", data)
        .exists();
    ProblemIntake intake =
        new ProblemIntake(new GoldCheck(new MathVerifier(), VerifierOptions.strict()));
    ProblemSet test = intake.read(data.resolve("gsm8k-test.jsonl"));
    ProblemSet train = intake.read(data.resolve("gsm8k-train.jsonl"));
    assertThat(test.rejected()).isEmpty();
    assertThat(train.rejected()).isEmpty();
    assertThat(test.problems()).hasSize(1_319);
    assertThat(train.problems()).hasSize(7_473);
    assertThat(train.problems()).extracting(Problem::getAnswer).contains("1,080");
  }

  @Test
  void the_real_verifier_refuses_a_gold_answer_that_it_cannot_read() throws IOException {
    Path file =
        write(
            "golds.jsonl",
            """
            {"problem": "bare", "answer": "\\\\frac{1}{2}"}
            {"problem": "boxed", "solution": "So \\\\boxed{12} it is."}
            {"problem": "grouped", "answer": "1,080"}
            {"problem": "unbalanced", "answer": "\\\\boxed{12"}
            {"problem": "words", "answer": "blue"}
            """);
    ProblemSet set =
        new ProblemIntake(new GoldCheck(new MathVerifier(), VerifierOptions.strict())).read(file);
    assertThat(set.problems())
        .extracting(problem -> problem.getPrompt().get(0).getContent())
        .containsExactly("bare", "boxed", "grouped", "words");
    assertThat(set.rejected())
        .extracting(RejectedProblem::getReason)
        .containsExactly("GOLD_UNVERIFIED");
  }

  private static ProblemIntake intake() {
    return new ProblemIntake(BoxVerifier.CHECK);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  private static Path sample(String name) {
    try {
      return Path.of(ProblemIntakeTest.class.getResource("/samples/" + name).toURI());
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}

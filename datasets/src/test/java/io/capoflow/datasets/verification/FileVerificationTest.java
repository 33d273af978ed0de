package io.capoflow.datasets.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.datasets.verification.VerificationSummary.SlowRow;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.verify.AnswerVerification;
import io.capoflow.verifiers.NumericVerifier;
import io.capoflow.verifiers.VerifierOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileVerificationTest {
  private static final String ROWS =
      """
      {"id": "a", "response": "#### 1", "gold": "1"}
      {"id": "b", "response": "#### 2", "gold": "1"}
      {"id": "c", "response": "#### 3", "gold": "3"}
      """;

  @TempDir private Path directory;
  private Path input;
  private final Set<String> passes = new LinkedHashSet<>();
  private final List<Long> positions = new ArrayList<>();

  @BeforeEach
  void writeRows() throws IOException {
    input = Files.writeString(directory.resolve("answers.jsonl"), ROWS);
  }

  @Test
  void slowVerdictsAreCountedTheSlowestNamedAndTheFileIsTheSame() {
    Path quick = directory.resolve("quick.jsonl");
    Path slow = directory.resolve("slow.jsonl");
    VerificationSummary undisturbed = verify(quick, clockOf(1, 250, 2));
    VerificationSummary disturbed = verify(slow, clockOf(251, 900, 300));

    assertThat(undisturbed.slow()).isZero();
    assertThat(undisturbed.slowest()).isEmpty();
    assertThat(disturbed.slow()).isEqualTo(3);
    assertThat(disturbed.slowest()).contains(new SlowRow("b", 900_000));
    assertThat(disturbed.rowsByReason()).isEqualTo(undisturbed.rowsByReason());
    assertThat(slow).hasSameBinaryContentAs(quick);
  }

  @Test
  void progressIsToldOfBothReadingsOfAFileThatBecomesParquet() throws IOException {
    Files.writeString(
        input, "{\"id\": 1, \"response\": \"#### 1\", \"gold\": \"1\"}\n".repeat(50_000));
    verify(directory.resolve("v.parquet"), System::nanoTime);
    assertThat(passes).containsExactly("columns", "verify");
    assertThat(positions).hasSizeGreaterThan(90).contains(1L);
  }

  @Test
  void aColumnOfParquetWithAnotherNameThanOursIsKeptInJsonAndNamedWhereItCannotBe()
      throws IOException {
    input = directory.resolve("answers.parquet");
    MessageType schema =
        MessageTypeParser.parseMessageType(
            """
            message schema {
              required binary id (STRING);
              required binary response (STRING);
              required binary gold (STRING);
              required binary question-type (STRING);
            }""");
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(input))
            .withType(schema)
            .withConf(new PlainParquetConfiguration())
            .build()) {
      writer.write(
          new SimpleGroupFactory(schema)
              .newGroup()
              .append("id", "a")
              .append("response", "#### 1")
              .append("gold", "1")
              .append("question-type", "sum"));
    }
    Path lines = directory.resolve("v.jsonl");
    verify(lines, System::nanoTime);
    assertThat(lines).content().contains("\"question-type\":\"sum\"", "\"outcome\":1");
    assertThatThrownBy(() -> verify(directory.resolve("v.parquet"), System::nanoTime))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            input
                + ": the column 'question-type' has no name that Parquet takes here; rename or"
                + " drop it, or write .jsonl");
  }

  @Test
  void theHeapForReadingIsThatOfTheLargestRowGroup() throws IOException {
    Path parquet = directory.resolve("v.parquet");
    String row = "{\"id\": %d, \"response\": \"%s\", \"gold\": \"1\"}\n";
    Files.writeString(input, row.formatted(1, "x".repeat(4 << 20)) + row.formatted(2, "y"));
    verify(parquet, System::nanoTime);

    assertThat(FileVerification.heapToRead(input)).isZero();
    // Four million times the same letter pack to next to nothing.
    assertThat(FileVerification.heapToRead(parquet)).isBetween(4L << 20, 5L << 20);
  }

  @Test
  void earlierRejectsAreLeftWhereTheOutputCannotBeWritten() throws IOException {
    Files.writeString(input, "{\"id\": 1, \"response\": \"#### 4\", \"gold\": \"4\"}\n");
    Path rejects = Files.writeString(directory.resolve("rejected.jsonl"), "earlier");
    Path output = Files.createDirectory(directory.resolve("v.jsonl"));
    Files.createFile(output.resolve("in the way"));
    assertThatThrownBy(() -> verify(output, System::nanoTime))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage("cannot write " + output);
    assertThat(rejects).hasContent("earlier");
  }

  private VerificationSummary verify(Path output, LongSupplier clock) {
    return new FileVerification(
            new AnswerVerification(new NumericVerifier(), VerifierOptions.strict(), clock))
        .verify(
            input,
            output,
            directory.resolve("rejected.jsonl"),
            (pass, done, total, unit) -> {
              passes.add(pass);
              positions.add(done);
            });
  }

  /** A clock by which the verdicts take so many milliseconds, one after the other. */
  private static LongSupplier clockOf(long... millis) {
    Iterator<Long> readings =
        LongStream.of(millis).flatMap(taken -> LongStream.of(0, taken * 1_000_000)).iterator();
    return readings::next;
  }
}

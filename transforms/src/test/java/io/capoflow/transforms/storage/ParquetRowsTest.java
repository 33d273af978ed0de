package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.Rows;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.LocalOutputFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParquetRowsTest {
  @TempDir Path directory;

  @Test
  void digestsOfAFileThatIsGoneAreRefusedAsSuch() {
    Path gone = directory.resolve("gone.parquet");

    assertThatThrownBy(() -> ParquetRows.digests(gone))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining(gone.toString());
  }

  @Test
  void rowsComeBackAsTheyWereWritten() {
    List<Rollout> rows =
        List.of(
            Rows.rollout(0, "a", 0, "1. 74+6=80\n\n\\boxed{80}"),
            Rows.rollout(0, "b", 1, "π ≈ 3, 漢字 😀 \u0000"),
            Rows.rollout(0, "c", 0, ""));
    Path file = directory.resolve("rows.parquet");

    ParquetRows.write(file, Rollout.class, rows);

    List<Rollout> read = ParquetRows.read(file, Rollout.class);
    assertThat(read).isEqualTo(rows);
    assertThat(Digests.ofRows(read)).isEqualTo(Digests.ofRows(rows));
  }

  @Test
  void unusualNumbersSurvive() {
    Rollout row = Rows.rollout(0, "a", 0, "x");
    row =
        Rollout.newBuilder(row)
            .setBehaviourLogprobs(List.of(Float.NEGATIVE_INFINITY, Float.NaN, -0.0f))
            .setTemperature(Double.MIN_VALUE)
            .setSeed(Long.MIN_VALUE)
            .build();
    Path file = directory.resolve("rows.parquet");

    ParquetRows.write(file, Rollout.class, List.of(row));

    assertThat(ParquetRows.read(file, Rollout.class)).containsExactly(row);
  }

  @Test
  void fileWithoutRowsIsAFileWithoutRows() {
    Path file = directory.resolve("empty.parquet");

    ParquetRows.write(file, Verdict.class, List.of());

    assertThat(ParquetRows.read(file, Verdict.class)).isEmpty();
  }

  @Test
  void listsHaveTheStandardThreeLevelsAndColumnsAreSnakeCase() throws Exception {
    Path file = directory.resolve("rows.parquet");
    ParquetRows.write(file, Rollout.class, List.of(Rows.rollout(0, "a", 0, "x")));

    try (ParquetFileReader reader = ParquetFileReader.open(new LocalInputFile(file))) {
      List<String> columns =
          reader.getFileMetaData().getSchema().getColumns().stream()
              .map(column -> String.join(".", column.getPath()))
              .toList();
      assertThat(columns)
          .contains("response_token_ids.list.element", "problem.prompt.list.element.content");
      assertThat(String.join("", columns)).isLowerCase();
    }
  }

  @Test
  void olderFileWithoutANewerDefaultedFieldIsRead() throws Exception {
    Schema older =
        SchemaBuilder.record("Verdict")
            .namespace("io.capoflow.schemas")
            .fields()
            .requiredInt("iteration")
            .requiredString("problem_id")
            .requiredInt("sample_index")
            .requiredString("rollout_id")
            .requiredInt("outcome")
            .requiredString("reason")
            .requiredString("gold_type")
            .requiredString("route")
            .requiredString("verifier")
            .requiredString("options_digest")
            .requiredLong("micros")
            .endRecord();
    Verdict expected = Rows.verdict(2, "a", 1, 1);
    GenericRecord row = new GenericData.Record(older);
    older.getFields().forEach(field -> row.put(field.name(), expected.get(field.name())));
    Path file = directory.resolve("older.parquet");
    try (ParquetWriter<GenericRecord> writer =
        AvroParquetWriter.<GenericRecord>builder(new LocalOutputFile(file))
            .withSchema(older)
            .build()) {
      writer.write(row);
    }

    assertThat(ParquetRows.read(file, Verdict.class)).containsExactly(expected);
  }

  @Test
  void columnsThatAreNoFieldAnyMoreAreLeftOut() throws Exception {
    Schema now = CreditedRollout.getClassSchema();
    Set<String> counts = Set.of("prompt_tokens", "response_tokens");
    Schema ids = Schema.createArray(Schema.create(Schema.Type.INT));
    List<Schema.Field> columns = new ArrayList<>();
    columns.add(new Schema.Field("prompt_token_ids", ids));
    now.getFields().stream()
        .filter(field -> !counts.contains(field.name()))
        .forEach(field -> columns.add(new Schema.Field(field, field.schema())));
    columns.add(new Schema.Field("response_token_ids", ids));
    Schema older = Schema.createRecord(now.getName(), null, now.getNamespace(), false, columns);
    CreditedRollout expected =
        CreditedRollout.newBuilder()
            .setIteration(2)
            .setProblemId("a")
            .setSampleIndex(1)
            .setRolloutId("00002/a/001")
            .setFinishReason("stop")
            .setOutcome(1)
            .setRewards(List.of(2.0, 1.0))
            .setAdvantages(List.of(0.5, -0.5))
            .setInLoss(true)
            .setScheme("capo")
            .setGroupSize(8)
            .setGroupMean(0.25)
            .setGroupStd(1)
            .setZeroSpread(false)
            .build();
    GenericRecord row = new GenericData.Record(older);
    for (Schema.Field field : older.getFields()) {
      boolean gone = now.getField(field.name()) == null;
      row.put(field.name(), gone ? List.of(7, 8) : expected.get(field.name()));
    }
    Path file = directory.resolve("older.parquet");
    PlainParquetConfiguration standardLists = new PlainParquetConfiguration();
    standardLists.setBoolean(AvroWriteSupport.WRITE_OLD_LIST_STRUCTURE, false);
    try (ParquetWriter<GenericRecord> writer =
        AvroParquetWriter.<GenericRecord>builder(new LocalOutputFile(file))
            .withSchema(older)
            .withConf(standardLists)
            .build()) {
      writer.write(row);
    }

    assertThat(ParquetRows.columns(file)).startsWith("prompt_token_ids", "iteration");
    List<CreditedRollout> read = ParquetRows.read(file, CreditedRollout.class);
    assertThat(read).containsExactly(expected);
    assertThat(read.get(0).getPromptTokens()).isEqualTo(-1);
    assertThat(read.get(0).getResponseTokens()).isEqualTo(-1);
  }

  @Test
  void existingFileIsNotOverwritten() {
    Path file = directory.resolve("rows.parquet");
    ParquetRows.write(file, Verdict.class, List.of(Rows.verdict(0, "a", 0, 1)));

    assertThatThrownBy(() -> ParquetRows.write(file, Verdict.class, List.of()))
        .isInstanceOf(UncheckedIOException.class);
    assertThat(ParquetRows.read(file, Verdict.class)).hasSize(1);
  }

  @Test
  void whatIsNoSuchFileIsTheUsersMistakeInOneLine() throws Exception {
    Path text = Files.writeString(directory.resolve("text.parquet"), "not Parquet at all, really");
    Path others = directory.resolve("others.parquet");
    ParquetRows.write(others, Verdict.class, List.of(Rows.verdict(0, "a", 0, 1)));

    byte[] whole = Files.readAllBytes(others);
    Path cut = Files.write(directory.resolve("cut.parquet"), Arrays.copyOf(whole, 100));
    Path tiny = Files.write(directory.resolve("tiny.parquet"), Arrays.copyOf(whole, 2));

    for (Path file : List.of(directory.resolve("absent.parquet"), text, others, cut, tiny)) {
      assertThatThrownBy(() -> ParquetRows.read(file, Rollout.class))
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining(file.toString())
          .message()
          .doesNotContain("\n");
    }
  }
}

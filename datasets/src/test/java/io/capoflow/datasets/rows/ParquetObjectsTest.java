package io.capoflow.datasets.rows;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.MessageTypeParser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Parquet files of programs that know nothing of Avro. */
final class ParquetObjectsTest {
  private static final MessageType SCHEMA =
      MessageTypeParser.parseMessageType(
          """
          message schema {
            optional binary question-type (STRING);
            optional group steps (LIST) { repeated group list { optional binary item (STRING); } }
            optional group a.b { optional int32 0; }
            optional double f;
            optional binary blob;
            optional int64 n;
          }""");

  @TempDir Path folder;

  @Test
  void namesOfAnyKindAndListsOfNullableItemsAreRead() throws IOException {
    Path file = write();
    List<String> rows = new ArrayList<>();
    try (FileRows read = FileRows.open(file, "rows", Json.EXACT)) {
      assertThat(read.total()).isEqualTo(2);
      for (Optional<FileRow> row = read.next(); row.isPresent(); row = read.next()) {
        rows.add(row.get().line() + " " + row.get().json().without("blob"));
        assertThat(row.get().value("blob").isMissingNode()).isEqualTo(row.get().line() == 1);
      }
      assertThat(read.done()).isEqualTo(2);
    }
    assertThat(rows)
        .containsExactly(
            "1 {\"question-type\":\"x\",\"steps\":[\"a\",null],\"a.b\":{\"0\":7},\"f\":0.5,"
                + "\"n\":9007199254740993}",
            "2 {\"question-type\":null,\"steps\":null,\"a.b\":null,\"f\":null,\"n\":null}");
  }

  @Test
  void whateverDamagedBytesDoIsOneLine() throws IOException {
    byte[] whole = Files.readAllBytes(write());
    int damaged = 0;
    for (int position = 4; position < whole.length; position++) {
      byte[] bytes = whole.clone();
      bytes[position] ^= 0x55;
      Path file = Files.write(folder.resolve("damaged.parquet"), bytes);
      try (FileRows rows = FileRows.open(file, "rows", Json.EXACT)) {
        while (rows.next().isPresent()) {
          // Read to the end.
        }
      } catch (UserMistake mistake) {
        damaged++;
        assertThat(mistake).hasMessageStartingWith(file + ": cannot be read");
        assertThat(mistake.getMessage()).doesNotContain("\n");
      }
    }
    assertThat(damaged).isGreaterThan(10);
  }

  @Test
  void aFolderIsNoFile() {
    assertThatThrownBy(() -> FileRows.open(folder, "rows", Json.EXACT))
        .isInstanceOf(UserMistake.class)
        .hasMessage(folder + ": no such file; name a file of rows");
  }

  private Path write() throws IOException {
    Path file = folder.resolve("rows.parquet");
    Files.deleteIfExists(file);
    SimpleGroupFactory groups = new SimpleGroupFactory(SCHEMA);
    try (ParquetWriter<Group> writer =
        ExampleParquetWriter.builder(new LocalOutputFile(file))
            .withType(SCHEMA)
            .withConf(new PlainParquetConfiguration())
            .build()) {
      Group row = groups.newGroup();
      row.add("question-type", "x");
      Group steps = row.addGroup("steps");
      steps.addGroup("list").add("item", "a");
      steps.addGroup("list");
      row.addGroup("a.b").add("0", 7);
      row.add("f", 0.5);
      row.add("blob", org.apache.parquet.io.api.Binary.fromConstantByteArray(new byte[] {1}));
      row.add("n", 9007199254740993L);
      writer.write(row);
      writer.write(groups.newGroup());
    }
    return file;
  }
}

package io.capoflow.datasets.verification;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.datasets.rows.FileRow;
import io.capoflow.datasets.rows.FileRow.Parquet;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.filesystems.ParquetFiles;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.IndexedRecord;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/** Where rows go with their verdicts, one at a time. Not thread-safe. */
interface VerifiedRows extends Closeable {
  /**
   * @param verdict of {@link VerdictColumns#values}
   */
  void write(FileRow row, List<Object> verdict) throws IOException;

  /** JSON objects, one a line; also for rejected rows. */
  final class Lines implements VerifiedRows {
    private final OutputStream out;

    Lines(Path file) throws IOException {
      this.out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
    }

    @Override
    public void write(FileRow row, List<Object> verdict) throws IOException {
      ObjectNode json = row.json();
      VerdictColumns.set(json, verdict);
      write(json);
    }

    void write(ObjectNode json) throws IOException {
      out.write(Json.ONE_LINE.writeValueAsBytes(json));
      out.write('\n');
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  /** Parquet; the columns of a Parquet input keep their types. */
  final class Records implements VerifiedRows {
    /** Held in memory until it is full. */
    private static final long ROW_GROUP = 32L << 20;

    private final Path source;
    private final Path file;
    private final Supplier<JsonColumns> columns;
    private Optional<ParquetWriter<IndexedRecord>> writer = Optional.empty();
    private Schema schema;
    private List<Schema.Field> kept = List.of();

    /**
     * @param source where the rows come from, for errors to name
     * @param columns of the input, asked for where it is JSON
     */
    Records(Path source, Path file, Supplier<JsonColumns> columns) {
      this.source = source;
      this.file = file;
      this.columns = columns;
    }

    @Override
    public void write(FileRow row, List<Object> verdict) throws IOException {
      if (writer.isEmpty()) {
        open(
            row instanceof Parquet parquet
                ? parquet.values().getSchema().getFields()
                : columns.get().fields());
      }
      GenericData.Record record = new GenericData.Record(schema);
      int position = 0;
      for (Schema.Field field : kept) {
        record.put(
            position++,
            row instanceof Parquet parquet
                ? parquet.values().get(field.pos())
                : JsonColumns.value(row.value(field.name()), field.schema()));
      }
      for (Object value : verdict) {
        record.put(position++, value);
      }
      writer.get().write(record);
    }

    private void open(List<Schema.Field> input) throws IOException {
      input.forEach(this::requireName);
      kept =
          input.stream().filter(field -> !VerdictColumns.names().contains(field.name())).toList();
      List<Schema.Field> fields = new ArrayList<>();
      kept.forEach(field -> fields.add(new Schema.Field(field, field.schema())));
      fields.addAll(VerdictColumns.fields());
      schema = Schema.createRecord("verified", null, "io.capoflow", false, fields);
      ParquetConfiguration configuration = new PlainParquetConfiguration();
      configuration.setBoolean(AvroWriteSupport.WRITE_OLD_LIST_STRUCTURE, false);
      writer =
          Optional.of(
              AvroParquetWriter.<IndexedRecord>builder(ParquetFiles.output(file))
                  .withSchema(schema)
                  .withDataModel(GenericData.get())
                  .withConf(configuration)
                  .withCompressionCodec(CompressionCodecName.ZSTD)
                  .withRowGroupSize(ROW_GROUP)
                  .withWriteMode(ParquetFileWriter.Mode.CREATE)
                  .build());
    }

    private void requireName(Schema.Field column) {
      if (!JsonColumns.isName(column.name())) {
        throw new UserMistake(
            source
                + ": the column '"
                + column.name()
                + "' has no name that Parquet takes here; rename or drop it, or write .jsonl");
      }
    }

    @Override
    public void close() throws IOException {
      if (writer.isEmpty()) {
        open(JsonColumns.NONE.fields()); // a file of no rows is a file all the same
      }
      writer.get().close();
    }
  }
}

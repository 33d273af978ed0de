package io.capoflow.transforms.journal;

import io.capoflow.schemas.JournalledAnswer;
import io.capoflow.transforms.storage.ParquetRows;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.apache.avro.specific.SpecificData;
import org.apache.parquet.avro.AvroSchemaConverter;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.api.WriteSupport;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalOutputFile;
import org.apache.parquet.io.OutputFile;

/** Writes answers to a Parquet file; for what is looked up there, they come sorted by key. */
final class AnswersWriter implements AutoCloseable {
  /** Small, since a page is what is read to find an answer. */
  private static final int PAGE_ROWS = 64;

  private static final int PAGE_BYTES = 1 << 16;
  private static final long ROW_GROUP_BYTES = 32L << 20;

  private final ParquetWriter<JournalledAnswer> writer;

  /**
   * Begins.
   *
   * @param file empty, and there already
   * @param origins asked for when all is written
   */
  AnswersWriter(Path file, Supplier<Origins> origins) throws IOException {
    ParquetConfiguration configuration = new PlainParquetConfiguration();
    configuration.setBoolean(AvroWriteSupport.WRITE_OLD_LIST_STRUCTURE, false);
    writer =
        new Builder(new LocalOutputFile(file), origins)
            .withConf(configuration)
            .withCompressionCodec(CompressionCodecName.ZSTD)
            // Whoever looks for one answer would read all of a dictionary.
            .withDictionaryEncoding(false)
            .withPageRowCountLimit(PAGE_ROWS)
            .withPageSize(PAGE_BYTES)
            .withRowGroupSize(ROW_GROUP_BYTES)
            .withWriteMode(ParquetFileWriter.Mode.OVERWRITE)
            .build();
  }

  void write(JournalledAnswer row) throws IOException {
    writer.write(row);
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }

  private static final class Builder extends ParquetWriter.Builder<JournalledAnswer, Builder> {
    private final Supplier<Origins> origins;

    Builder(OutputFile file, Supplier<Origins> origins) {
      super(file);
      this.origins = origins;
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    @SuppressWarnings("deprecation") // Abstract still.
    protected WriteSupport<JournalledAnswer> getWriteSupport(
        org.apache.hadoop.conf.Configuration configuration) {
      throw new UnsupportedOperationException("configured without Hadoop");
    }

    @Override
    protected WriteSupport<JournalledAnswer> getWriteSupport(ParquetConfiguration configuration) {
      return new WithOrigins(configuration, origins);
    }
  }

  /** What was counted while rows were written is known at the end alone. */
  private static final class WithOrigins extends AvroWriteSupport<JournalledAnswer> {
    private final Supplier<Origins> origins;

    WithOrigins(ParquetConfiguration configuration, Supplier<Origins> origins) {
      super(
          new AvroSchemaConverter(configuration)
              .convert(ParquetRows.schema(JournalledAnswer.class)),
          ParquetRows.schema(JournalledAnswer.class),
          SpecificData.get());
      this.origins = origins;
    }

    @Override
    public FinalizedWriteContext finalizeWrite() {
      return new FinalizedWriteContext(origins.get().metadata());
    }
  }
}

package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.parquet.ParquetRuntimeException;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.LocalOutputFile;

/**
 * Our records as Parquet files that DuckDB, pandas, Spark and HF datasets open as they are:
 * snake_case columns, standard three-level lists, Zstandard. Files of an older schema are read;
 * fields that they lack take their declared defaults. Thread-safe.
 */
public final class ParquetRows {
  /** Parquet-avro has a setter for Hadoop configurations only. */
  private static final String READ_SCHEMA = "parquet.avro.read.schema";

  private static final byte[] MAGIC = {'P', 'A', 'R', '1'};

  private ParquetRows() {}

  /**
   * Writes a new file.
   *
   * @throws UncheckedIOException when the file exists or cannot be written
   */
  public static <T extends SpecificRecordBase> void write(
      Path file, Class<T> type, Iterable<? extends T> rows) {
    write(file, schema(type), rows);
  }

  /**
   * Writes a file, or replaces it in one step: readers see the old rows or the new.
   *
   * @throws UncheckedIOException when it cannot be written
   */
  public static <T extends SpecificRecordBase> void replace(
      Path file, Class<T> type, Iterable<? extends T> rows) {
    Path draft = file.resolveSibling("." + file.getFileName() + "-" + Durable.attempt() + ".tmp");
    try {
      write(draft, type, rows);
      Durable.sync(draft);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      Durable.sync(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    } finally {
      deleteDraft(draft);
    }
  }

  private static void deleteDraft(Path draft) {
    try {
      Files.deleteIfExists(draft);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + draft, e);
    }
  }

  static <T extends SpecificRecordBase> void write(
      Path file, Schema schema, Iterable<? extends T> rows) {
    requireNonNull(rows, "rows");
    ParquetConfiguration configuration = new PlainParquetConfiguration();
    configuration.setBoolean(AvroWriteSupport.WRITE_OLD_LIST_STRUCTURE, false);
    try (ParquetWriter<T> writer =
        AvroParquetWriter.<T>builder(new LocalOutputFile(file))
            .withSchema(schema)
            .withDataModel(SpecificData.get())
            .withConf(configuration)
            .withCompressionCodec(CompressionCodecName.ZSTD)
            .withWriteMode(ParquetFileWriter.Mode.CREATE)
            .build()) {
      for (T row : rows) {
        writer.write(row);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  /**
   * Reads all rows, in file order.
   *
   * @throws UserMistake when the file is absent or no Parquet file of such rows
   */
  public static <T extends SpecificRecordBase> List<T> read(Path file, Class<T> type) {
    List<T> rows = new ArrayList<>();
    forEach(file, type, rows::add);
    return rows;
  }

  /**
   * Reads rows one by one, in file order.
   *
   * @throws UserMistake when the file is absent or no Parquet file of such rows
   */
  public static <T extends SpecificRecordBase> void forEach(
      Path file, Class<T> type, Consumer<? super T> each) {
    if (!Files.isRegularFile(file)) {
      throw new UserMistake("%s is not there: name an existing Parquet file".formatted(file));
    }
    requireParquet(file);
    ParquetConfiguration configuration = new PlainParquetConfiguration();
    configuration.set(READ_SCHEMA, schema(type).toString());
    try (ParquetReader<T> reader =
        AvroParquetReader.<T>builder(new LocalInputFile(file), configuration)
            .withDataModel(SpecificData.get())
            .disableCompatibility()
            .build()) {
      for (T row = reader.read(); row != null; row = reader.read()) {
        each.accept(row);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    } catch (ParquetRuntimeException | AvroRuntimeException e) {
      throw new UserMistake(
          "%s holds no %s rows (%s): give a Parquet file with its columns"
              .formatted(file, type.getSimpleName(), firstLine(e)),
          e);
    }
  }

  /** The schema that the generated class was made from. */
  public static Schema schema(Class<? extends SpecificRecordBase> type) {
    return SpecificData.get().getSchema(requireNonNull(type, "type"));
  }

  /** Parquet's own reader reports a file of another kind with a bare RuntimeException. */
  private static void requireParquet(Path file) {
    try (RandomAccessFile input = new RandomAccessFile(file.toFile(), "r")) {
      byte[] magic = new byte[MAGIC.length];
      for (long position : new long[] {0, input.length() - MAGIC.length}) {
        if (position >= 0) {
          input.seek(position);
          input.readFully(magic);
        }
        if (!Arrays.equals(magic, MAGIC)) {
          throw new UserMistake(
              "%s is no Parquet file, or was cut: it must begin and end with PAR1".formatted(file));
        }
      }
    } catch (EOFException e) {
      throw new UserMistake("%s is too short for a Parquet file".formatted(file), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  private static String firstLine(RuntimeException failure) {
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }
}

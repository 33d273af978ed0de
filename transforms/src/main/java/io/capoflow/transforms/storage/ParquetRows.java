package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.filesystems.ParquetFiles;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.specific.SpecificData;
import org.apache.avro.specific.SpecificRecordBase;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.avro.AvroParquetWriter;
import org.apache.parquet.avro.AvroReadSupport;
import org.apache.parquet.avro.AvroWriteSupport;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetFileWriter;
import org.apache.parquet.hadoop.ParquetReader;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;
import org.apache.parquet.schema.Type;

/**
 * Our records as Parquet files that DuckDB, pandas, Spark and HF datasets open as they are:
 * snake_case columns, standard three-level lists, Zstandard. Files of an older schema are read:
 * fields that they lack take their declared defaults, columns that are no field any more are left
 * out. Thread-safe.
 */
public final class ParquetRows {
  /** Parquet-avro has a setter for Hadoop configurations only. */
  public static final String READ_SCHEMA = "parquet.avro.read.schema";

  /** Where parquet-avro keeps the schema that a file was written with; it has no public name. */
  private static final String WRITTEN_SCHEMA = "parquet.avro.schema";

  private static final byte[] MAGIC = {'P', 'A', 'R', '1'};

  static {
    RecordClasses.trust();
  }

  private ParquetRows() {}

  /**
   * Writes a new file.
   *
   * @throws UncheckedIOException when the file exists
   * @throws UserMistake when it cannot be written
   */
  public static <T extends SpecificRecordBase> void write(
      Path file, Class<T> type, Iterable<? extends T> rows) {
    write(file, schema(type), rows);
  }

  /**
   * Writes a file, or replaces it in one step: readers see the old rows or the new.
   *
   * @throws UserMistake when it cannot be written
   */
  public static <T extends SpecificRecordBase> void replace(
      Path file, Class<T> type, Iterable<? extends T> rows) {
    Path draft = Durable.draft(file);
    try {
      RunLock.requireHeld(file);
      write(draft, type, rows);
      Durable.sync(draft);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      Durable.sync(file.toAbsolutePath().getParent());
    } catch (IOException e) {
      throw WriteFailures.of(file, e);
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
        AvroParquetWriter.<T>builder(ParquetFiles.output(file))
            .withSchema(schema)
            .withDataModel(SpecificData.get())
            .withConf(configuration)
            .withCompressionCodec(CompressionCodecName.ZSTD)
            .withWriteMode(ParquetFileWriter.Mode.CREATE)
            .build()) {
      for (T row : rows) {
        writer.write(row);
      }
    } catch (FileAlreadyExistsException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    } catch (IOException e) {
      throw WriteFailures.of(file, e);
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
    InputFile input = ParquetFiles.input(file);
    try {
      requireParquet(file, input);
    } catch (ClosedByInterruptException e) {
      throw new Cancelled("reading rows", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
    try (Rows<T> rows = Rows.open(file, input, type)) {
      for (Optional<T> row = rows.next(); row.isPresent(); row = rows.next()) {
        Cancelled.throwIfInterrupted("reading rows");
        each.accept(row.get());
      }
    }
  }

  /**
   * What a file holds by the schema that it was written with.
   *
   * @param rowDigests of its rows, in file order, see {@link Digests#ofRow}
   */
  public record Written(Schema schema, List<String> rowDigests) {
    public Written {
      requireNonNull(schema, "schema");
      rowDigests = List.copyOf(rowDigests);
    }
  }

  /**
   * Digests of a file's rows as whoever wrote it computed them: columns that are no field of today
   * count, and those that have become fields since do not. Holds one row at a time.
   *
   * @throws UserMistake when the file is no Parquet file of ours
   * @throws NoSuchFileException when it is not there
   * @throws IOException when it cannot be read
   */
  public static Written digests(Path file) throws IOException {
    try {
      InputFile input = ParquetFiles.input(file);
      requireParquet(file, input);
      Schema schema = written(input).orElseThrow(() -> notOurs(file, "it names no Avro schema"));
      ParquetConfiguration configuration = new PlainParquetConfiguration();
      configuration.setBoolean(AvroWriteSupport.WRITE_OLD_LIST_STRUCTURE, false);
      configuration.set(READ_SCHEMA, schema.toString());
      List<String> digests = new ArrayList<>();
      try (ParquetReader<GenericRecord> reader =
          AvroParquetReader.<GenericRecord>builder(input, configuration)
              .withDataModel(GenericData.get())
              .disableCompatibility()
              .usePageChecksumVerification()
              .build()) {
        for (GenericRecord row = reader.read(); row != null; row = reader.read()) {
          digests.add(Digests.ofRow(row));
        }
      }
      return new Written(schema, digests);
    } catch (UserMistake e) {
      throw e;
    } catch (FileNotFoundException e) {
      // Parquet's reader throws it for a file that may not be opened, too.
      if (Files.exists(file)) {
        throw e;
      }
      NoSuchFileException gone = new NoSuchFileException(file.toString());
      gone.initCause(e);
      throw gone;
    } catch (RuntimeException | OutOfMemoryError e) {
      // Damaged bytes make the decoders fail in any way.
      throw notOurs(file, firstLine(e));
    }
  }

  private static UserMistake notOurs(Path file, String why) {
    return new UserMistake("%s holds no rows of ours (%s): restore it".formatted(file, why));
  }

  private static Optional<Schema> written(InputFile input) throws IOException {
    try (ParquetFileReader parquet = footer(input)) {
      return Optional.ofNullable(
              parquet.getFileMetaData().getKeyValueMetaData().get(WRITTEN_SCHEMA))
          .map(text -> new Schema.Parser().parse(text));
    }
  }

  /**
   * A reader that turns whatever it meets into a mistake that names the file: from a page that was
   * damaged, Parquet's reader fails in as many ways as there are bytes to flip. What the rows' user
   * throws is not its business.
   */
  private record Rows<T extends SpecificRecordBase>(
      Path file, Class<T> type, ParquetReader<T> reader) implements AutoCloseable {
    static <T extends SpecificRecordBase> Rows<T> open(Path file, InputFile input, Class<T> type) {
      try {
        return new Rows<>(file, type, parquet(input, schema(type)));
      } catch (IOException | RuntimeException | OutOfMemoryError e) {
        throw unreadable(file, type, e);
      }
    }

    Optional<T> next() {
      try {
        return Optional.ofNullable(reader.read());
      } catch (IOException | RuntimeException | OutOfMemoryError e) {
        throw unreadable(file, type, e);
      }
    }

    @Override
    public void close() {
      try {
        reader.close();
      } catch (IOException e) {
        throw new UncheckedIOException("cannot close " + file, e);
      }
    }

    private static UserMistake unreadable(Path file, Class<?> type, Throwable failure) {
      return new UserMistake(
          "%s holds no %s rows (%s): give a Parquet file with its columns"
              .formatted(file, type.getSimpleName(), firstLine(failure)),
          failure);
    }
  }

  private static <T extends SpecificRecordBase> ParquetReader<T> parquet(
      InputFile input, Schema schema) throws IOException {
    ParquetConfiguration configuration = new PlainParquetConfiguration();
    configuration.setBoolean(AvroWriteSupport.WRITE_OLD_LIST_STRUCTURE, false);
    configuration.set(READ_SCHEMA, schema.toString());
    projection(input, schema)
        .ifPresent(
            kept -> configuration.set(AvroReadSupport.AVRO_REQUESTED_PROJECTION, kept.toString()));
    return AvroParquetReader.<T>builder(input, configuration)
        .withDataModel(SpecificData.get())
        .disableCompatibility()
        .usePageChecksumVerification()
        .build();
  }

  private static ParquetFileReader footer(InputFile input) throws IOException {
    // Parquet's default options read Hadoop's configuration anew, which takes longer than the rows.
    return ParquetFileReader.open(
        input, ParquetReadOptions.builder(new PlainParquetConfiguration()).build());
  }

  /**
   * Names of a file's columns, in their order.
   *
   * @throws UncheckedIOException when the file cannot be read
   */
  public static List<String> columns(Path file) {
    try (ParquetFileReader reader = footer(ParquetFiles.input(file))) {
      return reader.getFileMetaData().getSchema().getFields().stream().map(Type::getName).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /**
   * The part of a file's own schema that a reader has fields for; empty where that is all of it, or
   * the file was written by others and does not say.
   */
  private static Optional<Schema> projection(InputFile input, Schema reader) throws IOException {
    Optional<Schema> itsOwn = written(input);
    if (itsOwn.isEmpty()) {
      return Optional.empty();
    }
    Schema written = itsOwn.get();
    for (Schema.Field field : reader.getFields()) {
      if (written.getField(field.name()) == null && !field.hasDefaultValue()) {
        throw new AvroRuntimeException("it lacks the column " + field.name());
      }
    }
    List<Schema.Field> kept =
        written.getFields().stream()
            .filter(field -> reader.getField(field.name()) != null)
            .map(field -> new Schema.Field(field, field.schema()))
            .toList();
    return kept.isEmpty() || kept.size() == written.getFields().size()
        ? Optional.empty()
        : Optional.of(
            Schema.createRecord(
                written.getName(), written.getDoc(), written.getNamespace(), false, kept));
  }

  /** The schema that the generated class was made from. */
  public static Schema schema(Class<? extends SpecificRecordBase> type) {
    return SpecificData.get().getSchema(requireNonNull(type, "type"));
  }

  /** Parquet's own reader reports a file of another kind with a bare RuntimeException. */
  private static void requireParquet(Path file, InputFile input) throws IOException {
    try (SeekableInputStream bytes = input.newStream()) {
      for (long position : new long[] {0, input.getLength() - MAGIC.length}) {
        bytes.seek(Math.max(0, position));
        byte[] magic = bytes.readNBytes(MAGIC.length);
        if (magic.length < MAGIC.length) {
          throw new UserMistake("%s is too short for a Parquet file".formatted(file));
        }
        if (!Arrays.equals(magic, MAGIC)) {
          throw new UserMistake(
              "%s is no Parquet file, or was cut: it must begin and end with PAR1".formatted(file));
        }
      }
    }
  }

  private static String firstLine(Throwable failure) {
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }
}

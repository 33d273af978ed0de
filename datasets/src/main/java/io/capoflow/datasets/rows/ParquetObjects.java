package io.capoflow.datasets.rows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.filesystems.ParquetFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.IndexedRecord;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.avro.AvroParquetReader;
import org.apache.parquet.conf.ParquetConfiguration;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.ParquetReader;

/** Rows of any Parquet file as JSON objects; values that JSON has no type for are left out. */
public final class ParquetObjects {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private ParquetObjects() {}

  /**
   * Reads rows one by one, in the memory of one row group.
   *
   * @throws UserMistake when the file is no Parquet file
   */
  public static Rows open(Path file) {
    ParquetConfiguration configuration = new PlainParquetConfiguration();
    configuration.setBoolean("parquet.avro.add-list-element-records", false);
    return reading(
        file,
        () -> {
          long count;
          try (ParquetFileReader footer = footer(file)) {
            count = footer.getRecordCount();
          }
          return new Rows(
              file,
              count,
              AvroParquetReader.<IndexedRecord>builder(ParquetFiles.input(file), configuration)
                  .withDataModel(GenericData.get())
                  .disableCompatibility()
                  .build());
        });
  }

  /**
   * Bytes of heap that reading a file row by row takes at most, small things left out: two row
   * groups packed, since pieces of the last are held while the next is read, and one unpacked,
   * since a writer may make a single page of it.
   *
   * @throws UserMistake when the file is no Parquet file
   */
  public static long heapToRead(Path file) {
    return reading(
        file,
        () -> {
          try (ParquetFileReader footer = footer(file)) {
            return footer.getRowGroups().stream()
                .mapToLong(group -> 2 * group.getCompressedSize() + group.getTotalByteSize())
                .max()
                .orElse(0);
          }
        });
  }

  private static ParquetFileReader footer(Path file) throws IOException {
    // Parquet's default options read Hadoop's configuration anew, which takes longer than the rows.
    return ParquetFileReader.open(
        ParquetFiles.input(file),
        ParquetReadOptions.builder(new PlainParquetConfiguration()).build());
  }

  /** The rows of an open file, in file order. Not thread-safe. */
  public static final class Rows implements Closeable {
    private final Path file;
    private final long count;
    private final ParquetReader<IndexedRecord> reader;

    private Rows(Path file, long count, ParquetReader<IndexedRecord> reader) {
      this.file = file;
      this.count = count;
      this.reader = reader;
    }

    /** How many rows the file has. */
    public long count() {
      return count;
    }

    /**
     * The next row; empty behind the last.
     *
     * @throws UserMistake when the file is broken here, or cannot be read
     */
    public Optional<IndexedRecord> next() {
      return Optional.ofNullable(reading(file, reader::read));
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }

  private interface Read<T> {
    T read() throws IOException;
  }

  /** Avro allows fewer names than Parquet, no hyphen for one, and has no other way to say so. */
  @SuppressWarnings("deprecation")
  private static <T> T reading(Path file, Read<T> read) {
    NameValidator strict = Schema.getNameValidator();
    Schema.setNameValidator(NameValidator.NO_VALIDATION);
    try {
      return read.read();
    } catch (IOException unreadable) {
      String why =
          unreadable instanceof AccessDeniedException ? "permission denied" : first(unreadable);
      throw new UserMistake(
          file + ": cannot be read (" + why + "); give a whole Parquet file that you may read",
          unreadable);
    } catch (RuntimeException broken) {
      // A wrong magic number is a bare RuntimeException; damaged bytes make decoders fail in any
      // way.
      throw notParquet(file, broken);
    } finally {
      Schema.setNameValidator(strict);
    }
  }

  private static UserMistake notParquet(Path file, RuntimeException broken) {
    return new UserMistake(
        file + ": cannot be read as Parquet (" + first(broken) + "); give a whole Parquet file",
        broken);
  }

  private static String first(Exception failure) {
    return String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
  }

  /** A value of a row as JSON; missing where JSON has no type for it. */
  public static JsonNode node(Object value) {
    if (value == null) {
      return NODES.nullNode();
    }
    if (value instanceof IndexedRecord row) {
      ObjectNode object = NODES.objectNode();
      for (Schema.Field field : row.getSchema().getFields()) {
        object.set(field.name(), node(row.get(field.pos())));
      }
      return object;
    }
    if (value instanceof List<?> list) {
      ArrayNode array = NODES.arrayNode();
      list.forEach(item -> array.add(node(item)));
      return array;
    }
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> sorted = new TreeMap<>();
      map.forEach((key, item) -> sorted.put(key.toString(), item));
      ObjectNode object = NODES.objectNode();
      sorted.forEach((key, item) -> object.set(key, node(item)));
      return object;
    }
    if (value instanceof CharSequence text) {
      return NODES.textNode(text.toString());
    }
    if (value instanceof Boolean flag) {
      return NODES.booleanNode(flag);
    }
    if (value instanceof Integer || value instanceof Long) {
      return NODES.numberNode(((Number) value).longValue());
    }
    if (value instanceof Float || value instanceof Double) {
      return NODES.numberNode(((Number) value).doubleValue());
    }
    return NODES.missingNode();
  }
}

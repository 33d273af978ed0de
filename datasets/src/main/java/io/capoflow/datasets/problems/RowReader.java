package io.capoflow.datasets.problems;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.capoflow.datasets.rows.ParquetObjects;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.avro.generic.IndexedRecord;

/** Reads a file of rows by its ending: .parquet, .jsonl (one object a line) or .json (an array). */
final class RowReader {
  /** One value of several in a stream. */
  private static final ObjectReader ONE_VALUE =
      Json.STRICT.without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private RowReader() {}

  /**
   * All rows in file order, the unreadable ones as such.
   *
   * @throws UserMistake when the file as a whole cannot be read
   */
  static List<SourceRow> read(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (!Files.isRegularFile(file)) {
      throw new UserMistake(file + ": no such file; name a file of problems");
    }
    if (name.endsWith(".parquet")) {
      return records(file);
    }
    if (name.endsWith(".jsonl") || name.endsWith(".ndjson")) {
      return lines(file);
    }
    if (name.endsWith(".json")) {
      return array(file);
    }
    throw new UserMistake(
        file + ": is read by its ending, which must be .parquet, .jsonl or .json; rename it");
  }

  private static List<SourceRow> records(Path file) {
    List<SourceRow> rows = new ArrayList<>();
    try (ParquetObjects.Rows records = ParquetObjects.open(file)) {
      for (Optional<IndexedRecord> row = records.next(); row.isPresent(); row = records.next()) {
        JsonNode fields = ParquetObjects.node(row.get());
        rows.add(SourceRow.of(rows.size() + 1L, fields, fields.toString()));
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException("cannot read " + file, unreadable);
    }
    return rows;
  }

  private static List<SourceRow> lines(Path file) {
    List<SourceRow> rows = new ArrayList<>();
    byte[] bytes = bytes(file);
    int start = 0;
    for (long line = 1; start < bytes.length; line++) {
      int end = start;
      while (end < bytes.length && bytes[end] != '\n') {
        end++;
      }
      ByteBuffer slice = ByteBuffer.wrap(bytes, start, end - start);
      start = end + 1;
      try {
        String text = StandardCharsets.UTF_8.newDecoder().decode(slice).toString();
        if (!text.isBlank()) {
          rows.add(object(line, text));
        }
      } catch (CharacterCodingException notText) {
        rows.add(SourceRow.unreadable(line, "is not UTF-8 text", ""));
      }
    }
    return rows;
  }

  private static SourceRow object(long line, String text) {
    try {
      JsonNode node = Json.STRICT.readTree(text);
      return node.isObject()
          ? SourceRow.of(line, node, text)
          : SourceRow.unreadable(line, "is no JSON object", text);
    } catch (JsonProcessingException broken) {
      return SourceRow.unreadable(line, "is not JSON: " + broken.getOriginalMessage(), text);
    }
  }

  private static List<SourceRow> array(Path file) {
    List<SourceRow> rows = new ArrayList<>();
    try (JsonParser parser = Json.STRICT.createParser(file.toFile())) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw new UserMistake(file + ": must hold a JSON array of objects");
      }
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        long line = parser.currentTokenLocation().getLineNr();
        JsonNode node = ONE_VALUE.readTree(parser);
        rows.add(
            node.isObject()
                ? SourceRow.of(line, node, node.toString())
                : SourceRow.unreadable(line, "is no JSON object", node.toString()));
      }
    } catch (JsonProcessingException broken) {
      throw new UserMistake(
          file
              + ":"
              + (broken.getLocation() == null ? 1 : broken.getLocation().getLineNr())
              + ": is not JSON: "
              + broken.getOriginalMessage().replaceAll("\\s*\\R\\s*", " "),
          broken);
    } catch (IOException unreadable) {
      throw new UncheckedIOException("cannot read " + file, unreadable);
    }
    return rows;
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException gone) {
      throw new UserMistake(file + ": no such file; name a file of problems", gone);
    } catch (IOException unreadable) {
      throw new UncheckedIOException("cannot read " + file, unreadable);
    }
  }
}

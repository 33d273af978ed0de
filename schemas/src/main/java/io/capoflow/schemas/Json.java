package io.capoflow.schemas;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * How JSON is read and written: which texts are refused, and how a text is laid out. All are
 * immutable and thread-safe.
 */
public final class Json {
  private static final ObjectMapper PLAIN = new ObjectMapper();

  private static final ObjectMapper OF_RECORDS =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          // A newer version may have written more than this one reads.
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  /**
   * Takes the files of published models as other libraries take them: the last of repeated keys
   * counts, and what follows the value is passed over.
   */
  public static final ObjectReader LENIENT = PLAIN.reader();

  /** Refuses what a lenient reader would paper over: repeated keys and trailing text. */
  public static final ObjectReader STRICT =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build()
          .reader();

  /** As strict, and numbers are kept as they are written. */
  public static final ObjectReader EXACT =
      STRICT
          .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .without(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES);

  /** Reads records whose fields are in snake_case; fields that are not theirs are passed over. */
  public static final ObjectReader READ_RECORDS = OF_RECORDS.reader();

  /** Writes records with fields in snake_case and maps in key order, each value on its own line. */
  public static final ObjectWriter WRITE_RECORDS =
      OF_RECORDS.writer(lines(Separators.createDefaultInstance()));

  /** Without a line break or a space. */
  public static final ObjectWriter ONE_LINE = PLAIN.writer();

  /** Each field on its own line, lists within one. */
  public static final ObjectWriter INDENTED = PLAIN.writerWithDefaultPrettyPrinter();

  /** As Python's {@code json.dumps(…, indent=2)} lays it out. */
  public static final ObjectWriter LIKE_PYTHON =
      PLAIN.writer(
          lines(
              Separators.createDefaultInstance()
                  .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                  .withObjectEmptySeparator("")
                  .withArrayEmptySeparator("")));

  private Json() {}

  private static DefaultPrettyPrinter lines(Separators separators) {
    DefaultIndenter twoSpaces = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter(separators);
    printer.indentObjectsWith(twoSpaces);
    printer.indentArraysWith(twoSpaces);
    return printer;
  }
}

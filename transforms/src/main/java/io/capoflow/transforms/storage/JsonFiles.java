package io.capoflow.transforms.storage;

import com.fasterxml.jackson.core.JacksonException;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** Small JSON files of records: snake_case fields, maps in key order, written in one step. */
public final class JsonFiles {
  private JsonFiles() {}

  /**
   * Reads a record.
   *
   * @throws UserMistake when the file does not hold such a record
   */
  public static <T> T read(Path file, Class<T> type) {
    return find(file, type).orElseThrow(() -> RunAdvice.damaged(file, "the file is gone"));
  }

  /**
   * Reads a record, where the file is there.
   *
   * @throws UserMistake when it does not hold such a record
   */
  public static <T> Optional<T> find(Path file, Class<T> type) {
    try {
      return Optional.of(parse(file, Files.readAllBytes(file), type));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (IOException e) {
      // Where what it would lie in is a file, the failure is another one.
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /**
   * The record that a file's content is.
   *
   * @throws UserMistake when it is none
   */
  static <T> T parse(Path file, byte[] content, Class<T> type) {
    try {
      T record = Json.READ_RECORDS.readValue(content, type);
      if (record == null) {
        throw RunAdvice.damaged(file, "it cannot be read: it holds nothing but null");
      }
      return record;
    } catch (JacksonException e) {
      throw RunAdvice.damaged(file, "it cannot be read: " + reason(e), e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /** What a record's constructor refused, in its own words, or what the parser met. */
  private static String reason(JacksonException failure) {
    Throwable cause = failure.getCause();
    String message =
        cause instanceof IllegalArgumentException || cause instanceof NullPointerException
            ? cause.getMessage()
            : failure.getOriginalMessage();
    return String.valueOf(message).lines().findFirst().orElse("");
  }

  /**
   * The text of a file; a byte that is no UTF-8 is replaced, and so found wrong by who parses.
   *
   * @throws UserMistake when the file is not there
   */
  static String content(Path file) {
    return new String(bytesOf(file), StandardCharsets.UTF_8);
  }

  /**
   * The bytes of a file.
   *
   * @throws UserMistake when the file is not there
   */
  static byte[] bytesOf(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw RunAdvice.damaged(file, "the file is gone", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /** Creates or replaces a file in one step; readers see the old content or the new. */
  public static void write(Path file, Object value) {
    try {
      Durable.replace(file, bytes(value));
    } catch (IOException e) {
      throw WriteFailures.of(file, e);
    }
  }

  /** Creates or replaces a text file in one step, as {@link #write}. */
  public static void writeText(Path file, String text) {
    try {
      Durable.replace(file, text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw WriteFailures.of(file, e);
    }
  }

  /**
   * Writes a record that holds its own checksum, see {@link SelfChecked}, as {@link #write}.
   *
   * @param unsigned the record with an empty checksum
   * @param sign gives the record with its checksum
   * @return what was written
   */
  public static <T> T writeChecked(Path file, T unsigned, Function<String, T> sign) {
    T signed = sign.apply(SelfChecked.checksum(text(unsigned)));
    write(file, signed);
    return signed;
  }

  /**
   * Whether a file that {@link #writeChecked} wrote is as it was written.
   *
   * @param beside a top-level field that no record without a checksum has
   * @throws UserMistake when the file is not there
   */
  public static SelfChecked checksum(Path file, String beside) {
    String text = content(file);
    SelfChecked checked = SelfChecked.of(text);
    return checked == SelfChecked.NOT_RECORDED && text.contains("\n  \"" + beside + "\" :")
        ? SelfChecked.BROKEN
        : checked;
  }

  static byte[] bytes(Object value) {
    return text(value).getBytes(StandardCharsets.UTF_8);
  }

  /** What {@link #write} writes. */
  static String text(Object value) {
    try {
      return Json.WRITE_RECORDS.writeValueAsString(value) + "\n";
    } catch (JacksonException e) {
      throw new IllegalArgumentException("cannot be written as JSON: " + value.getClass(), e);
    }
  }
}

package io.capoflow.datasets.rows;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.datasets.rows.FileRow.Unreadable;
import io.capoflow.datasets.rows.RowPieces.Piece;
import io.capoflow.schemas.UserMistake;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.ZipException;

/**
 * JSON objects of a text file. The file is cut into rows first, and each is read by itself: one
 * that cannot be read costs no other. Not thread-safe.
 */
final class TextRows implements FileRows {
  /** A row in memory; what is longer is none. */
  private static final int LONGEST_ROW = 1 << 24;

  private static final long MEGABYTE = 1 << 20;

  private final Path file;
  private final ObjectReader json;
  private final FileBytes bytes;
  private final RowPieces pieces;

  /**
   * Opens a file.
   *
   * @throws UserMistake when it may not be read, or is not packed as its ending says
   */
  TextRows(Path file, FileFormat format, ObjectReader json) {
    this.file = requireNonNull(file, "file");
    this.json = requireNonNull(json, "json");
    try {
      this.bytes = new FileBytes(file, format.packed());
    } catch (IOException unreadable) {
      throw mistake(unreadable);
    }
    this.pieces =
        format.layout() == FileFormat.Layout.JSON_ARRAY
            ? new RowPieces.Elements(file, bytes, LONGEST_ROW)
            : new RowPieces.Lines(bytes, LONGEST_ROW);
  }

  @Override
  public Optional<FileRow> next() {
    try {
      for (Optional<Piece> piece = pieces.next(); piece.isPresent(); piece = pieces.next()) {
        Optional<FileRow> row = row(piece.get());
        if (row.isPresent()) {
          return row;
        }
      }
      return Optional.empty();
    } catch (IOException unreadable) {
      throw mistake(unreadable);
    }
  }

  /** Empty where the piece is blank. */
  private Optional<FileRow> row(Piece piece) {
    long line = piece.line();
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(piece.bytes())).toString();
    } catch (CharacterCodingException notText) {
      String shown = new String(piece.bytes(), StandardCharsets.UTF_8);
      return Optional.of(
          new Unreadable(line, piece.cut() ? tooLong() : "is not UTF-8 text", shown));
    }
    if (piece.cut()) {
      return Optional.of(new Unreadable(line, tooLong(), text));
    }
    if (text.isBlank()) {
      return Optional.empty();
    }
    try {
      JsonNode node = json.readTree(text);
      return Optional.of(
          node instanceof ObjectNode object
              ? new FileRow.Json(line, object, text)
              : new Unreadable(line, "is no JSON object", text));
    } catch (JsonProcessingException broken) {
      String message = broken.getOriginalMessage().replaceAll("\\s+", " ");
      return Optional.of(new Unreadable(line, "is not JSON: " + message, text));
    }
  }

  private static String tooLong() {
    return "is longer than " + LONGEST_ROW / MEGABYTE + " MiB";
  }

  private UserMistake mistake(IOException failure) {
    boolean packing = failure instanceof ZipException || failure instanceof EOFException;
    String why =
        failure instanceof AccessDeniedException
            ? "permission denied"
            : requireNonNullElse(failure.getMessage(), "it ends too early");
    return new UserMistake(
        "%s: cannot be %s (%s); give a whole file that you may read"
            .formatted(file, packing ? "unpacked by gzip" : "read", why),
        failure);
  }

  @Override
  public long done() {
    return bytes.read() / MEGABYTE;
  }

  @Override
  public long total() {
    return bytes.size() / MEGABYTE;
  }

  @Override
  public String unit() {
    return "MiB";
  }

  @Override
  public void close() throws IOException {
    bytes.close();
  }
}

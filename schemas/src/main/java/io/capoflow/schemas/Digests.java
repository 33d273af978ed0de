package io.capoflow.schemas;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.IndexedRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/**
 * Content digests. A row's digest is the SHA-256 of its canonical bytes: Avro binary, map entries
 * in key order, fields that the schema marks {@code volatile} left out. A field with {@code
 * "digest": "when_present"} came after rows without it were digested: it is left out where it is
 * null, and else written behind its name. A collection's digest is the SHA-256 over the sorted row
 * digests, so that neither order nor partition matters and duplicates count. Thread-safe.
 */
public final class Digests {
  private static final int BUFFER_BYTES = 1 << 16;

  private Digests() {}

  /** Lower-case hexadecimal SHA-256 of the row's canonical bytes. */
  public static String ofRow(IndexedRecord row) {
    return ofBytes(canonicalBytes(row));
  }

  /** Digest of a collection from its rows' digests, in any order. */
  public static String ofRowDigests(Iterable<String> rowDigests) {
    MessageDigest sha = sha256();
    java.util.stream.StreamSupport.stream(rowDigests.spliterator(), false)
        .sorted()
        .forEach(digest -> sha.update(HexFormat.of().parseHex(digest)));
    return HexFormat.of().formatHex(sha.digest());
  }

  /** Digest of a collection of rows, in any order. */
  public static String ofRows(Iterable<? extends IndexedRecord> rows) {
    java.util.ArrayList<String> digests = new java.util.ArrayList<>();
    rows.forEach(row -> digests.add(ofRow(row)));
    return ofRowDigests(digests);
  }

  /** Lower-case hexadecimal SHA-256. */
  public static String ofBytes(byte[] bytes) {
    return HexFormat.of().formatHex(sha256().digest(bytes));
  }

  /**
   * Lower-case hexadecimal SHA-256 of a file's bytes, as {@code sha256sum} prints it. Takes the
   * same memory however large the file is.
   *
   * @throws IOException when the file cannot be read
   * @throws Cancelled when the thread is interrupted
   */
  public static String ofFile(Path file) throws IOException {
    MessageDigest sha = sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream input = Files.newInputStream(file)) {
      for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
        Cancelled.throwIfInterrupted("digesting a file");
        sha.update(buffer, 0, count);
      }
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  /** Digest of a sequence of texts in which neither order nor boundaries are lost. */
  public static String ofParts(String... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (String part : parts) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      joined.writeBytes((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
      joined.writeBytes(bytes);
    }
    return ofBytes(joined.toByteArray());
  }

  /** A fresh SHA-256. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Avro binary with map entries in key order and volatile fields left out. */
  public static byte[] canonicalBytes(IndexedRecord row) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(bytes, null);
    try {
      write(row.getSchema(), row, encoder);
      encoder.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(Schema schema, Object value, BinaryEncoder out) throws IOException {
    switch (schema.getType()) {
      case RECORD -> {
        IndexedRecord row = (IndexedRecord) value;
        for (Schema.Field field : schema.getFields()) {
          if (isDigested(field, row)) {
            if (isLater(field)) {
              out.writeString(field.name());
            }
            write(field.schema(), row.get(field.pos()), out);
          }
        }
      }
      case ARRAY -> {
        List<?> items = (List<?>) value;
        out.writeInt(items.size());
        for (Object item : items) {
          write(schema.getElementType(), item, out);
        }
      }
      case MAP -> {
        TreeMap<String, Object> entries = new TreeMap<>();
        ((Map<?, ?>) value).forEach((key, item) -> entries.put(key.toString(), item));
        out.writeInt(entries.size());
        for (Map.Entry<String, Object> entry : entries.entrySet()) {
          out.writeString(entry.getKey());
          write(schema.getValueType(), entry.getValue(), out);
        }
      }
      case UNION -> {
        int branch = unionBranch(schema, value);
        out.writeIndex(branch);
        write(schema.getTypes().get(branch), value, out);
      }
      case STRING -> out.writeString(value.toString());
      case INT -> out.writeInt((Integer) value);
      case LONG -> out.writeLong((Long) value);
      case FLOAT -> out.writeFloat((Float) value);
      case DOUBLE -> out.writeDouble((Double) value);
      case BOOLEAN -> out.writeBoolean((Boolean) value);
      case NULL -> out.writeNull();
      case BYTES, FIXED, ENUM ->
          throw new IllegalArgumentException("no record of ours uses " + schema.getType());
    }
  }

  private static boolean isDigested(Schema.Field field, IndexedRecord row) {
    return !Boolean.TRUE.equals(field.getObjectProp("volatile"))
        && !(isLater(field) && row.get(field.pos()) == null);
  }

  private static boolean isLater(Schema.Field field) {
    return "when_present".equals(field.getObjectProp("digest"));
  }

  /** Our unions are a null and one other type. */
  private static int unionBranch(Schema union, Object value) {
    List<Schema> types = union.getTypes();
    for (int i = 0; i < types.size(); i++) {
      if ((types.get(i).getType() == Schema.Type.NULL) == (value == null)) {
        return i;
      }
    }
    throw new IllegalArgumentException("value does not fit " + union);
  }
}

package io.capoflow.models.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The validated header of a safetensors file: where each tensor lies. The format is strict: ranges
 * lie within the file, neither overlap nor leave holes, and fit dtype and shape.
 *
 * @param dataStart offset in the file of the first data byte
 * @param metadata free text by key
 * @param entries in the order in which they lie in the file
 */
record SafetensorsHeader(long dataStart, Map<String, String> metadata, List<Entry> entries) {
  static final String METADATA = "__metadata__";

  /** The format's own bound on a header, against files that would have us allocate terabytes. */
  private static final long MAX_HEADER_BYTES = 100_000_000;

  /**
   * One tensor.
   *
   * @param begin first byte, from the start of the data
   * @param length in bytes
   */
  record Entry(String name, SafetensorsDtype dtype, long[] shape, long begin, long length) {
    long end() {
      return begin + length;
    }
  }

  static SafetensorsHeader read(Path file, FileChannel channel) throws IOException {
    long size = channel.size();
    if (size < Long.BYTES) {
      throw new UserMistake(
          file + ": " + size + " bytes is too short for a safetensors file; fetch it again");
    }
    long headerBytes = readFully(channel, 0, Long.BYTES).getLong();
    if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES || headerBytes > size - Long.BYTES) {
      throw new UserMistake(
          file
              + ": header length "
              + Long.toUnsignedString(headerBytes)
              + " does not fit a file of "
              + size
              + " bytes; it is truncated or no safetensors file");
    }
    JsonNode root = parse(file, readFully(channel, Long.BYTES, (int) headerBytes).array());
    long dataStart = Long.BYTES + headerBytes;
    List<Entry> entries = new ArrayList<>();
    root.fields()
        .forEachRemaining(
            field -> {
              if (!field.getKey().equals(METADATA)) {
                entries.add(entry(file, field.getKey(), field.getValue(), size - dataStart));
              }
            });
    entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    checkCover(file, entries, size - dataStart);
    Map<String, String> metadata = new TreeMap<>();
    root.path(METADATA)
        .fields()
        .forEachRemaining(field -> metadata.put(field.getKey(), field.getValue().asText()));
    return new SafetensorsHeader(dataStart, Map.copyOf(metadata), List.copyOf(entries));
  }

  private static JsonNode parse(Path file, byte[] header) throws IOException {
    try {
      JsonNode root = Json.STRICT.readTree(header);
      if (root.isObject()) {
        return root;
      }
    } catch (JsonProcessingException e) {
      throw new UserMistake(
          file + ": the header is not JSON (" + e.getOriginalMessage() + "); fetch it again", e);
    }
    throw new UserMistake(file + ": the header is no JSON object; fetch it again");
  }

  private static Entry entry(Path file, String name, JsonNode node, long dataBytes) {
    SafetensorsDtype dtype =
        SafetensorsDtype.named(node.path("dtype").asText())
            .orElseThrow(
                () ->
                    mistake(
                        file, name, "has unknown dtype " + node.path("dtype") + "; convert it"));
    long[] shape = wholeNumbers(file, name, node.path("shape"), "shape");
    long[] offsets = wholeNumbers(file, name, node.path("data_offsets"), "data_offsets");
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw mistake(
          file, name, "has data_offsets " + node.path("data_offsets") + "; fetch it again");
    }
    if (offsets[1] > dataBytes) {
      throw mistake(
          file,
          name,
          "ends at data byte "
              + offsets[1]
              + " of "
              + dataBytes
              + "; the file is truncated, fetch it again");
    }
    long length = offsets[1] - offsets[0];
    if (!fits(dtype, shape, length)) {
      throw mistake(
          file,
          name,
          "of dtype "
              + dtype
              + " and shape "
              + node.path("shape")
              + " does not fill its "
              + length
              + " bytes; fetch it again");
    }
    return new Entry(name, dtype, shape, offsets[0], length);
  }

  private static boolean fits(SafetensorsDtype dtype, long[] shape, long length) {
    try {
      return dtype.length(shape) == length;
    } catch (ArithmeticException overflow) {
      return false;
    }
  }

  private static long[] wholeNumbers(Path file, String name, JsonNode node, String field) {
    if (!node.isArray()) {
      throw mistake(file, name, "has no " + field + "; fetch it again");
    }
    long[] numbers = new long[node.size()];
    for (int i = 0; i < numbers.length; i++) {
      JsonNode item = node.get(i);
      if (!item.isIntegralNumber() || !item.canConvertToLong() || item.longValue() < 0) {
        throw mistake(file, name, "has " + field + " " + node + "; fetch it again");
      }
      numbers[i] = item.longValue();
    }
    return numbers;
  }

  /** Entries follow each other without overlap or hole and end where the file ends. */
  private static void checkCover(Path file, List<Entry> entries, long dataBytes) {
    long at = 0;
    String previous = "the header";
    for (Entry entry : entries) {
      if (entry.begin() < at) {
        throw mistake(file, entry.name(), "overlaps " + previous + "; fetch it again");
      }
      if (entry.begin() > at) {
        throw mistake(
            file, entry.name(), "leaves a hole after " + previous + "; write the file again");
      }
      at = entry.end();
      previous = "tensor " + entry.name();
    }
    if (at != dataBytes) {
      throw new UserMistake(
          file + ": " + (dataBytes - at) + " bytes follow " + previous + "; write the file again");
    }
  }

  private static UserMistake mistake(Path file, String name, String what) {
    return new UserMistake(file + ": tensor " + name + " " + what);
  }

  private static ByteBuffer readFully(FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, position + bytes.position()) < 0) {
        throw new IOException("the file ended at " + (position + bytes.position()));
      }
    }
    return bytes.flip();
  }
}

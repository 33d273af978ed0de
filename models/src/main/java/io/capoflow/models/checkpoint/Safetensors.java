package io.capoflow.models.checkpoint;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads and writes <a href="https://github.com/huggingface/safetensors">safetensors</a> files, and
 * reads sharded checkpoints through their index.
 *
 * <p>Files are mapped, one mapping a tensor, so that their size is not bounded by 2 GiB; only a
 * single tensor's is. A returned buffer stays valid while the file is not truncated; {@link #write}
 * replaces files whole, which leaves earlier mappings intact. Stateless and thread-safe.
 */
public final class Safetensors {
  /** Name of an unsharded checkpoint's file. */
  public static final String SINGLE_FILE = "model.safetensors";

  /** Name of a sharded checkpoint's index. */
  public static final String INDEX_FILE = "model.safetensors.index.json";

  /** Tensors begin at a multiple of this in files that we write. */
  private static final int ALIGNMENT = 8;

  /** Tells apart the partial files of one process. */
  private static final AtomicLong WRITES = new AtomicLong();

  private Safetensors() {}

  /**
   * All tensors of a file, by name.
   *
   * @throws UserMistake when the file is missing, truncated or not a valid safetensors file; the
   *     message names the file and the tensor
   */
  public static SortedMap<String, TensorData> read(Path file) {
    requireNonNull(file, "file");
    if (!Files.isRegularFile(file)) {
      throw new UserMistake(file + ": no such safetensors file; check the path");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      SafetensorsHeader header = SafetensorsHeader.read(file, channel);
      TreeMap<String, TensorData> tensors = new TreeMap<>();
      for (SafetensorsHeader.Entry entry : header.entries()) {
        ByteBuffer bytes =
            channel.map(
                FileChannel.MapMode.READ_ONLY, header.dataStart() + entry.begin(), entry.length());
        tensors.put(
            entry.name(),
            new TensorData(
                entry.dtype().name(), entry.shape(), bytes.order(ByteOrder.LITTLE_ENDIAN)));
      }
      return Collections.unmodifiableSortedMap(tensors);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + file, e);
    }
  }

  /**
   * The free text in a file's header, by key.
   *
   * @throws UserMistake as {@link #read} does
   */
  public static Map<String, String> metadata(Path file) {
    requireNonNull(file, "file");
    if (!Files.isRegularFile(file)) {
      throw new UserMistake(file + ": no such safetensors file; check the path");
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return SafetensorsHeader.read(file, channel).metadata();
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + file, e);
    }
  }

  /**
   * Writes a file whole: readers see the old file or the new one. The same tensors and metadata
   * give the same bytes.
   *
   * @param metadata free text by key; {@code format: pt}, which Hugging Face's readers ask for, is
   *     added where it is missing
   * @throws IllegalArgumentException when a tensor's dtype is unknown or its length does not fit
   *     its shape
   */
  public static void write(
      Path file, SortedMap<String, TensorData> tensors, Map<String, String> metadata) {
    requireNonNull(file, "file");
    List<Map.Entry<String, TensorData>> order = layout(tensors);
    byte[] header = header(order, metadata);
    ByteBuffer prefix =
        ByteBuffer.allocate(Long.BYTES + header.length).order(ByteOrder.LITTLE_ENDIAN);
    prefix.putLong(header.length).put(header).flip();
    try {
      Path directory = file.toAbsolutePath().getParent();
      Files.createDirectories(directory);
      // Not a temporary file of the platform's making: those are readable by their owner alone.
      Path partial =
          directory.resolve(
              file.getFileName()
                  + "."
                  + ProcessHandle.current().pid()
                  + "-"
                  + WRITES.incrementAndGet()
                  + ".partial");
      try {
        try (FileChannel channel =
            FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
          writeFully(channel, prefix);
          for (Map.Entry<String, TensorData> tensor : order) {
            writeFully(channel, tensor.getValue().bytes().duplicate().rewind());
          }
          channel.force(true);
        }
        Files.move(
            partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + file, e);
    }
  }

  /**
   * All tensors of a Hugging Face checkpoint directory: the shards that {@value #INDEX_FILE} names,
   * or else {@value #SINGLE_FILE}.
   *
   * @throws UserMistake when neither is there, or a shard lacks a tensor that the index places in
   *     it, or holds one that the index does not name
   */
  public static SortedMap<String, TensorData> readCheckpoint(Path directory) {
    requireNonNull(directory, "directory");
    Path index = directory.resolve(INDEX_FILE);
    Path single = directory.resolve(SINGLE_FILE);
    if (Files.isRegularFile(index)) {
      return readShards(directory, index);
    }
    if (Files.isRegularFile(single)) {
      return read(single);
    }
    throw new UserMistake(
        directory
            + ": no model here; a checkpoint directory holds "
            + SINGLE_FILE
            + " or "
            + INDEX_FILE);
  }

  private static SortedMap<String, TensorData> readShards(Path directory, Path index) {
    SortedMap<String, String> shardOf = weightMap(index);
    TreeMap<String, SortedMap<String, TensorData>> shards = new TreeMap<>();
    for (String shard : shardOf.values()) {
      if (!shards.containsKey(shard)) {
        shards.put(shard, read(directory.resolve(shard)));
      }
    }
    TreeMap<String, TensorData> tensors = new TreeMap<>();
    shardOf.forEach(
        (name, shard) -> {
          TensorData tensor = shards.get(shard).get(name);
          if (tensor == null) {
            throw new UserMistake(
                directory.resolve(shard)
                    + ": tensor "
                    + name
                    + " is missing, though "
                    + INDEX_FILE
                    + " places it there; fetch the shard again");
          }
          tensors.put(name, tensor);
        });
    shards.forEach(
        (shard, held) -> {
          for (String name : held.keySet()) {
            if (!shard.equals(shardOf.get(name))) {
              throw new UserMistake(
                  directory.resolve(shard)
                      + ": tensor "
                      + name
                      + " is not placed there by "
                      + INDEX_FILE
                      + "; index and shards are of different checkpoints");
            }
          }
        });
    return Collections.unmodifiableSortedMap(tensors);
  }

  /** Shard file by tensor name. */
  private static SortedMap<String, String> weightMap(Path index) {
    JsonNode map;
    try {
      map = SafetensorsHeader.JSON.readTree(Files.readAllBytes(index)).path("weight_map");
    } catch (JsonProcessingException e) {
      throw new UserMistake(index + ": not JSON; fetch the index again", e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + index, e);
    }
    TreeMap<String, String> shardOf = new TreeMap<>();
    map.fields()
        .forEachRemaining(
            field -> {
              String shard = field.getValue().asText();
              // A shard lies beside its index; a path could reach anywhere.
              if (!field.getValue().isTextual()
                  || shard.isEmpty()
                  || shard.contains("/")
                  || shard.contains("\\")) {
                throw new UserMistake(
                    index
                        + ": tensor "
                        + field.getKey()
                        + " is placed in "
                        + field.getValue()
                        + ", which is no plain file name; fetch the index again");
              }
              shardOf.put(field.getKey(), shard);
            });
    if (shardOf.isEmpty()) {
      throw new UserMistake(index + ": weight_map names no tensors; fetch the index again");
    }
    return shardOf;
  }

  /** Widest elements first, then by name, so that every tensor starts aligned to its elements. */
  private static List<Map.Entry<String, TensorData>> layout(SortedMap<String, TensorData> tensors) {
    TreeMap<String, SafetensorsDtype> dtypes = new TreeMap<>();
    tensors.forEach((name, tensor) -> dtypes.put(name, checked(name, tensor)));
    return tensors.entrySet().stream()
        .sorted(
            Comparator.<Map.Entry<String, TensorData>>comparingInt(
                    tensor -> -dtypes.get(tensor.getKey()).bytes())
                .thenComparing(Map.Entry::getKey))
        .toList();
  }

  private static SafetensorsDtype checked(String name, TensorData tensor) {
    SafetensorsDtype dtype =
        SafetensorsDtype.named(tensor.dtype())
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "tensor " + name + " has unknown dtype " + tensor.dtype()));
    long expected = dtype.length(tensor.shape());
    long actual = tensor.bytes().duplicate().rewind().remaining();
    if (expected != actual) {
      throw new IllegalArgumentException(
          "tensor " + name + " has " + actual + " bytes, its shape asks for " + expected);
    }
    return dtype;
  }

  private static byte[] header(
      List<Map.Entry<String, TensorData>> order, Map<String, String> metadata) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ObjectNode metadataNode = root.putObject(SafetensorsHeader.METADATA);
    TreeMap<String, String> sorted = new TreeMap<>(metadata);
    sorted.putIfAbsent("format", "pt");
    sorted.forEach(metadataNode::put);
    long offset = 0;
    for (Map.Entry<String, TensorData> tensor : order) {
      TensorData data = tensor.getValue();
      ObjectNode entry = root.putObject(tensor.getKey());
      entry.put("dtype", data.dtype());
      var shape = entry.putArray("shape");
      for (long dimension : data.shape()) {
        shape.add(dimension);
      }
      long end = offset + data.bytes().limit();
      entry.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    String text = root.toString();
    int length = text.getBytes(StandardCharsets.UTF_8).length;
    // Spaces at the end are part of the format: they align the data.
    return (text + " ".repeat(Math.floorMod(-length, ALIGNMENT))).getBytes(StandardCharsets.UTF_8);
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}

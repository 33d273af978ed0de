package io.capoflow.models.checkpoint;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Reads and writes <a href="https://github.com/huggingface/safetensors">safetensors</a> files, and
 * checkpoints of one or several.
 *
 * <p>Files are mapped, not read, and written part by part, so neither they nor a tensor need fit
 * into memory or under 2 GiB. What was read stays valid while the file is not truncated; {@link
 * #write} replaces files whole, which leaves earlier mappings intact. Stateless and thread-safe.
 */
public final class Safetensors {
  /** Most bytes of tensors in a file of a checkpoint: Hugging Face's "5GB". */
  public static final long SHARD_BYTES = 5_000_000_000L;

  /** Name of an unsharded checkpoint's file. */
  public static final String SINGLE_FILE = "model.safetensors";

  /** Name of a sharded checkpoint's index. */
  public static final String INDEX_FILE = "model.safetensors.index.json";

  /** Tensors begin at a multiple of this in files that we write. */
  private static final int ALIGNMENT = 8;

  /** The longest that a buffer can be without dividing an element. */
  private static final long MAX_PART_BYTES =
      Integer.MAX_VALUE / TensorBytes.PART_ALIGNMENT * TensorBytes.PART_ALIGNMENT;

  /** Tells apart the partial files of one process. */
  private static final AtomicLong WRITES = new AtomicLong();

  private Safetensors() {}

  /**
   * All tensors of a file, by name.
   *
   * @throws UserMistake when the file is missing, truncated or not a valid safetensors file; the
   *     message names the file and the tensor
   * @throws Cancelled when the thread is interrupted
   */
  public static SortedMap<String, TensorData> read(Path file) {
    requireNonNull(file, "file");
    if (!Files.isRegularFile(file)) {
      throw new UserMistake(file + ": no such safetensors file; check the path");
    }
    try (FileChannel channel = FileChannel.open(LocalCopies.of(file), StandardOpenOption.READ)) {
      SafetensorsHeader header = SafetensorsHeader.read(file, channel);
      TreeMap<String, TensorData> tensors = new TreeMap<>();
      for (SafetensorsHeader.Entry entry : header.entries()) {
        TensorBytes content = map(channel, header.dataStart() + entry.begin(), entry.length());
        tensors.put(entry.name(), new TensorData(entry.dtype().name(), entry.shape(), content));
      }
      return Collections.unmodifiableSortedMap(tensors);
    } catch (ClosedByInterruptException e) {
      throw new Cancelled("reading " + file, e);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + file, e);
    }
  }

  private static TensorBytes map(FileChannel channel, long begin, long length) throws IOException {
    List<ByteBuffer> parts = new ArrayList<>();
    long at = 0;
    do {
      long part = Math.min(MAX_PART_BYTES, length - at);
      parts.add(channel.map(FileChannel.MapMode.READ_ONLY, begin + at, part));
      at += part;
    } while (at < length);
    return TensorBytes.of(parts);
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
    try (FileChannel channel = FileChannel.open(LocalCopies.of(file), StandardOpenOption.READ)) {
      return SafetensorsHeader.read(file, channel).metadata();
    } catch (ClosedByInterruptException e) {
      throw new Cancelled("reading " + file, e);
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
   * @throws Cancelled when the thread is interrupted; nothing is left beside the file then
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
            for (ByteBuffer part : tensor.getValue().content().parts()) {
              writeFully(channel, part);
            }
          }
          channel.force(true);
        }
        Files.move(
            partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (ClosedByInterruptException e) {
      throw new Cancelled("writing " + file, e);
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
      return Shards.read(directory, index);
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

  /**
   * Writes a checkpoint's weights as Hugging Face's libraries do: {@value #SINGLE_FILE} where they
   * fit one shard, else shards {@code model-00001-of-0000N.safetensors} in the order of names and
   * {@value #INDEX_FILE}. The directory should hold no other weights.
   *
   * @param shardBytes most bytes of tensors in a file; a larger tensor has one to itself
   * @throws IllegalArgumentException as {@link #write}
   */
  public static void writeCheckpoint(
      Path directory, SortedMap<String, TensorData> tensors, long shardBytes) {
    requireNonNull(directory, "directory");
    Shards.write(directory, tensors, shardBytes);
  }

  /**
   * Writes {@value #INDEX_FILE} for weights in {@value #SINGLE_FILE}, where none is there yet: so
   * that a reader that would take every file of the directory for weights, as vLLM does, knows
   * which are.
   */
  public static void indexCheckpoint(Path directory) {
    requireNonNull(directory, "directory");
    if (!Files.isRegularFile(directory.resolve(INDEX_FILE))) {
      Shards.indexSingleFile(directory);
    }
  }

  /**
   * The file of a checkpoint directory that holds a tensor, or should; for messages.
   *
   * @param name of the tensor
   */
  public static Path fileOf(Path directory, String name) {
    Path index = directory.resolve(INDEX_FILE);
    return Files.isRegularFile(index)
        ? directory.resolve(Shards.weightMap(index).getOrDefault(name, INDEX_FILE))
        : directory.resolve(SINGLE_FILE);
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
    long actual = tensor.content().length();
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
      long end = offset + data.content().length();
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

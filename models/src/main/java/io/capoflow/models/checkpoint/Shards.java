package io.capoflow.models.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Checkpoints of several files with an index that says which tensor lies in which. */
final class Shards {
  private Shards() {}

  /** All tensors that an index names. */
  static SortedMap<String, TensorData> read(Path directory, Path index) {
    SortedMap<String, String> shardOf = weightMap(index);
    TreeMap<String, SortedMap<String, TensorData>> shards = new TreeMap<>();
    for (String shard : shardOf.values()) {
      if (!shards.containsKey(shard)) {
        shards.put(shard, Safetensors.read(directory.resolve(shard)));
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
                    + Safetensors.INDEX_FILE
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
                      + Safetensors.INDEX_FILE
                      + "; index and shards are of different checkpoints");
            }
          }
        });
    return Collections.unmodifiableSortedMap(tensors);
  }

  /** Shard file by tensor name. */
  static SortedMap<String, String> weightMap(Path index) {
    JsonNode map;
    try {
      map = Json.STRICT.readTree(Files.readAllBytes(index)).path("weight_map");
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

  /** As {@link Safetensors#writeCheckpoint} says. */
  static void write(Path directory, SortedMap<String, TensorData> tensors, long shardBytes) {
    List<SortedMap<String, TensorData>> shards = divide(tensors, shardBytes);
    if (shards.size() == 1) {
      Safetensors.write(directory.resolve(Safetensors.SINGLE_FILE), shards.get(0), Map.of());
      return;
    }
    TreeMap<String, String> shardOf = new TreeMap<>();
    for (int i = 0; i < shards.size(); i++) {
      String file = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      Safetensors.write(directory.resolve(file), shards.get(i), Map.of());
      shards.get(i).keySet().forEach(name -> shardOf.put(name, file));
    }
    writeIndex(directory.resolve(Safetensors.INDEX_FILE), shardOf, bytes(tensors));
  }

  /** As {@link Safetensors#indexCheckpoint} says. */
  static void indexSingleFile(Path directory) {
    SortedMap<String, TensorData> tensors =
        Safetensors.read(directory.resolve(Safetensors.SINGLE_FILE));
    TreeMap<String, String> shardOf = new TreeMap<>();
    tensors.keySet().forEach(name -> shardOf.put(name, Safetensors.SINGLE_FILE));
    writeIndex(directory.resolve(Safetensors.INDEX_FILE), shardOf, bytes(tensors));
  }

  /** Next fit, in the order of names. */
  private static List<SortedMap<String, TensorData>> divide(
      SortedMap<String, TensorData> tensors, long shardBytes) {
    List<SortedMap<String, TensorData>> shards = new ArrayList<>();
    shards.add(new TreeMap<>());
    long filled = 0;
    for (Map.Entry<String, TensorData> tensor : tensors.entrySet()) {
      long length = tensor.getValue().content().length();
      if (filled > 0 && filled + length > shardBytes) {
        shards.add(new TreeMap<>());
        filled = 0;
      }
      shards.get(shards.size() - 1).put(tensor.getKey(), tensor.getValue());
      filled += length;
    }
    return shards;
  }

  private static long bytes(SortedMap<String, TensorData> tensors) {
    return tensors.values().stream().mapToLong(tensor -> tensor.content().length()).sum();
  }

  private static void writeIndex(Path index, SortedMap<String, String> shardOf, long totalBytes) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.putObject("metadata").put("total_size", totalBytes);
    ObjectNode weightMap = root.putObject("weight_map");
    shardOf.forEach(weightMap::put);
    try {
      Files.write(
          index, (Json.INDENTED.writeValueAsString(root) + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("writing " + index, e);
    }
  }
}

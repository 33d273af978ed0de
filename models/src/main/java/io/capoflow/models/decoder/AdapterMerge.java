package io.capoflow.models.decoder;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorBytes;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.models.tensor.NamedTensors;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Makes a plain Hugging Face checkpoint of an adapter and its base, W + scale · B A for each
 * adapted matrix. The sum is computed in float32 (float64 for a base in that) on the CPU, then
 * cast; matrices without an adapter are cast alone, or copied as they are. Each is computed when it
 * is written: no more than one is there at a time.
 */
public final class AdapterMerge implements AutoCloseable {
  private final TorchScript script =
      TorchScript.compile(List.of("tensor_bytes.py", "lora.py"), Map.of());
  private final Device cpu = Torch.device("cpu");
  private final ModelDirectory files;
  private final Path adapter;

  /** The base's matrix whose successor is being written, which it owns. */
  private Optional<NamedTensors> current = Optional.empty();

  private AdapterMerge(ModelDirectory files) {
    this.files = files;
    this.adapter = files.adapter().orElseThrow();
  }

  /**
   * What was done.
   *
   * @param matrices how many had an adapter
   * @param tensors of the checkpoint
   * @param dtype of its tensors, as safetensors names it
   */
  public record Result(int matrices, int tensors, String dtype) {}

  /**
   * Writes the checkpoint.
   *
   * @param output is not there yet, or an empty directory
   * @param dtype of all tensors; empty: as the base has them
   * @throws UserMistake when the files hold no adapter, base and adapter do not belong together, or
   *     the output is there
   */
  public static Result write(ModelDirectory files, Path output, Optional<ScalarType> dtype) {
    requireNonNull(output, "output");
    requireNonNull(dtype, "dtype");
    if (!files.isAdapter()) {
      throw new UserMistake(
          files.base()
              + ": no "
              + PeftConfig.FILE
              + " there; name an adapter's directory, a checkpoint needs no merging");
    }
    requireEmpty(output);
    // Compares the base with the one that the adapter was trained on.
    ModelDigest.of(files);
    try (AdapterMerge merge = new AdapterMerge(files)) {
      return merge.write(output, dtype);
    }
  }

  @Override
  public void close() {
    current.ifPresent(NamedTensors::close);
    script.close();
  }

  private Result write(Path output, Optional<ScalarType> dtype) {
    Path base = files.base();
    DecoderConfig config = DecoderConfig.read(base);
    SortedMap<String, TensorData> weights = Safetensors.readCheckpoint(base);
    DecoderWeights.check(config, weights, base);
    LoraSettings lora = PeftConfig.read(adapter).settings();
    Path tensorsFile = adapter.resolve(PeftConfig.TENSORS_FILE);
    SortedMap<String, TensorData> pairs =
        AdapterWeights.check(config, lora, Safetensors.read(tensorsFile), tensorsFile);
    Set<String> adapted = new HashSet<>(AdapterWeights.adapted(config, lora));
    TreeMap<String, TensorData> merged = new TreeMap<>();
    for (String name : DecoderWeights.shapes(config).keySet()) {
      TensorData weight = weights.get(name);
      ScalarType type = dtype.orElse(ScalarType.valueOf(weight.dtype()));
      if (adapted.contains(name)) {
        double scale = lora.scale();
        merged.put(name, computed(name, weights, type, own -> sum(own, pairs, scale)));
      } else if (weight.dtype().equals(type.name())) {
        merged.put(name, weight);
      } else {
        merged.put(name, computed(name, weights, type, own -> own.arrays().get(0)));
      }
    }
    CheckpointDraft.replace(
        output,
        draft -> {
          writeConfig(base, draft, dtype);
          TokenizerFiles.read(files).write(draft);
          Safetensors.write(draft.resolve(Safetensors.SINGLE_FILE), merged, Map.of("format", "pt"));
        });
    return new Result(adapted.size(), merged.size(), merged.firstEntry().getValue().dtype());
  }

  /**
   * A tensor that is computed when it is read, which the reading of the next one makes invalid.
   *
   * @param compute makes it of the base's of that name; it is cast then
   */
  private TensorData computed(
      String name,
      SortedMap<String, TensorData> weights,
      ScalarType type,
      Function<NamedTensors, NDArray> compute) {
    TensorData weight = weights.get(name);
    int stored = ScalarType.valueOf(weight.dtype()).bytes();
    long length = weight.content().length() / stored * type.bytes();
    return new TensorData(
        type.name(),
        weight.shape(),
        new TensorBytes() {
          @Override
          public long length() {
            return length;
          }

          @Override
          public Iterable<ByteBuffer> parts() {
            return () -> {
              current.ifPresent(NamedTensors::close);
              NamedTensors base = NamedTensors.copyOf(script, cpu, List.of(name), weights);
              current = Optional.of(base);
              NDArray cast =
                  script
                      .call(base.newScope(), "cast", compute.apply(base), type.code())
                      .singletonOrThrow();
              return NamedTensors.content(script, cast, type).parts().iterator();
            };
          }
        });
  }

  private NDArray sum(NamedTensors base, SortedMap<String, TensorData> pairs, double scale) {
    String name = base.names().get(0);
    List<String> pair = List.of(AdapterWeights.down(name), AdapterWeights.up(name));
    try (NamedTensors factors = NamedTensors.copyOf(script, cpu, pair, pairs)) {
      return script
          .call(
              base.newScope(),
              "merged",
              base.arrays().get(0),
              factors.arrays().get(0),
              factors.arrays().get(1),
              scale)
          .singletonOrThrow();
    }
  }

  /** The base's own, so that no field is lost; only the dtype may be another. */
  private static void writeConfig(Path base, Path draft, Optional<ScalarType> dtype) {
    try {
      Path config = base.resolve(DecoderConfig.FILE);
      if (dtype.isPresent()) {
        ObjectNode root = (ObjectNode) Json.LENIENT.readTree(Files.readAllBytes(config));
        // Newer releases of transformers write the shorter name.
        root.put(root.has("dtype") ? "dtype" : "torch_dtype", dtype.get().torchName());
        Files.write(draft.resolve(DecoderConfig.FILE), Json.INDENTED.writeValueAsBytes(root));
      } else {
        Files.copy(config, draft.resolve(DecoderConfig.FILE));
      }
      Path generation = base.resolve(DecoderConfig.GENERATION_FILE);
      if (Files.isRegularFile(generation)) {
        Files.copy(generation, draft.resolve(DecoderConfig.GENERATION_FILE));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing the merged checkpoint's configuration", e);
    }
  }

  private static void requireEmpty(Path output) {
    if (!Files.exists(output)) {
      return;
    }
    if (Files.isDirectory(output)) {
      try (Stream<Path> entries = Files.list(output)) {
        if (entries.findAny().isEmpty()) {
          return;
        }
      } catch (IOException e) {
        throw new UncheckedIOException("reading " + output, e);
      }
    }
    throw new UserMistake(output + ": is there and not empty; name a new directory");
  }
}

package io.capoflow.models.decoder;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.models.tensor.NamedTensors;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Makes a plain Hugging Face checkpoint of an adapter and its base, W + scale · B A for each
 * adapted matrix. The sum is computed in float32 (float64 for a base in that) on the CPU, then
 * cast; matrices without an adapter are cast alone, or copied as they are.
 */
public final class AdapterMerge implements AutoCloseable {
  private static final String GENERATION_CONFIG = "generation_config.json";

  private final TorchScript script =
      TorchScript.compile(List.of("tensor_bytes.py", "lora.py"), Map.of());
  private final Device cpu = Torch.device("cpu");
  private final ModelDirectory files;
  private final Path adapter;

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
    files.digest();
    try (AdapterMerge merge = new AdapterMerge(files)) {
      return merge.write(output, dtype);
    }
  }

  @Override
  public void close() {
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
        merged.put(name, sum(name, weights, pairs, lora.scale(), type));
      } else {
        merged.put(name, weight.dtype().equals(type.name()) ? weight : cast(name, weights, type));
      }
    }
    CheckpointDraft.replace(
        output,
        draft -> {
          writeConfig(base, draft, dtype);
          TokenizerFiles.read(base).write(draft);
          Safetensors.write(draft.resolve(Safetensors.SINGLE_FILE), merged, Map.of("format", "pt"));
        });
    return new Result(adapted.size(), merged.size(), merged.firstEntry().getValue().dtype());
  }

  private TensorData sum(
      String name,
      SortedMap<String, TensorData> weights,
      SortedMap<String, TensorData> pairs,
      double scale,
      ScalarType type) {
    List<String> pair = List.of(AdapterWeights.down(name), AdapterWeights.up(name));
    try (NamedTensors weight = NamedTensors.copyOf(script, cpu, List.of(name), weights);
        NamedTensors factors = NamedTensors.copyOf(script, cpu, pair, pairs);
        NDManager scope = weight.newScope()) {
      NDArray sum =
          script
              .call(
                  scope,
                  "merged",
                  weight.arrays().get(0),
                  factors.arrays().get(0),
                  factors.arrays().get(1),
                  scale)
              .singletonOrThrow();
      return data(scope, sum, weight.shape(0), type);
    }
  }

  private TensorData cast(String name, SortedMap<String, TensorData> weights, ScalarType type) {
    try (NamedTensors weight = NamedTensors.copyOf(script, cpu, List.of(name), weights);
        NDManager scope = weight.newScope()) {
      return data(scope, weight.arrays().get(0), weight.shape(0), type);
    }
  }

  private TensorData data(NDManager scope, NDArray tensor, long[] shape, ScalarType type) {
    NDArray cast = script.call(scope, "cast", tensor, type.code()).singletonOrThrow();
    NDArray raw = script.call(scope, "bytes_from_tensor", cast, 0L, cast.size()).singletonOrThrow();
    return new TensorData(
        type.name(),
        shape,
        ByteBuffer.wrap(raw.toByteArray()).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
  }

  /** The base's own, so that no field is lost; only the dtype may be another. */
  private static void writeConfig(Path base, Path draft, Optional<ScalarType> dtype) {
    try {
      Path config = base.resolve(DecoderConfig.FILE);
      if (dtype.isPresent()) {
        ObjectMapper json = new ObjectMapper();
        ObjectNode root = (ObjectNode) json.readTree(Files.readAllBytes(config));
        // Newer releases of transformers write the shorter name.
        root.put(root.has("dtype") ? "dtype" : "torch_dtype", dtype.get().torchName());
        Files.write(
            draft.resolve(DecoderConfig.FILE),
            json.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
      } else {
        Files.copy(config, draft.resolve(DecoderConfig.FILE));
      }
      if (Files.isRegularFile(base.resolve(GENERATION_CONFIG))) {
        Files.copy(base.resolve(GENERATION_CONFIG), draft.resolve(GENERATION_CONFIG));
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

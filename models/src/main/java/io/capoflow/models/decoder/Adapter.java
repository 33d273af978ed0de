package io.capoflow.models.decoder;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.models.tensor.NamedTensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A model's low-rank adapter: what is trained in place of the model's own weights.
 *
 * @param base where the frozen weights lie
 * @param baseDigest of their content
 * @param tensors A and B of each adapted matrix; this object's
 */
record Adapter(LoraSettings settings, Path base, String baseDigest, NamedTensors tensors)
    implements AutoCloseable {
  /**
   * Writes the files of PEFT's layout. The base is named relative to the directory, so that a run
   * may move as a whole.
   */
  void write(Path directory) {
    new PeftConfig(nameOfBase(directory), settings).write(directory);
    Safetensors.write(
        directory.resolve(PeftConfig.TENSORS_FILE),
        tensors.view(),
        Map.of(AdapterWeights.BASE_DIGEST, baseDigest));
  }

  /** What its digest covers: itself, its scale and its base. To be read at once. */
  SortedMap<String, TensorData> digested() {
    return digested(tensors.view(), settings, baseDigest);
  }

  static SortedMap<String, TensorData> digested(
      SortedMap<String, TensorData> tensors, LoraSettings settings, String baseDigest) {
    TreeMap<String, TensorData> digested = new TreeMap<>(tensors);
    ByteBuffer scale = ByteBuffer.allocate(Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    scale.putDouble(0, settings.scale());
    digested.put("scale", new TensorData("F64", new long[0], scale));
    byte[] digest = HexFormat.of().parseHex(baseDigest);
    digested.put(
        "base_model.digest",
        new TensorData("U8", new long[] {digest.length}, ByteBuffer.wrap(digest)));
    return digested;
  }

  @Override
  public void close() {
    tensors.close();
  }

  private String nameOfBase(Path directory) {
    Path from = directory.toAbsolutePath().normalize();
    Path to = base.toAbsolutePath().normalize();
    return from.getRoot().equals(to.getRoot())
        ? from.relativize(to).toString().replace('\\', '/')
        : to.toString();
  }
}

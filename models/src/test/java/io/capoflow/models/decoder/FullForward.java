package io.capoflow.models.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.tensor.TorchScript;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/** All logits of a model, for tests: what the product never asks for. */
public final class FullForward implements AutoCloseable {
  private final CausalLm model;
  private final TorchScript script;

  /** Of a model without an adapter. */
  public FullForward(CausalLm model) {
    this(model, LoraSettings.NONE);
  }

  /** Of a model with an adapter of that form, or with none. */
  public FullForward(CausalLm model, LoraSettings lora) {
    if (model.hasAdapter() != lora.isAdapter()) {
      throw new IllegalArgumentException("the model's adapter is not of the form " + lora);
    }
    this.model = model;
    this.script =
        TorchScript.compile(
            List.of("lora.py", "decoder.py", "weights.py", "full_forward.py"),
            DecoderScripts.constants(model.config(), lora));
  }

  /** Of rows of one length, at positions from 0: [row][time][vocabulary], flattened. */
  public float[] logits(int[][] ids) {
    return logits(ids, positions(ids));
  }

  public float[] logits(int[][] ids, int[][] positions) {
    try (NDManager scope = model.newScope()) {
      return script
          .call(scope, "all_logits", model.parameters(), rows(scope, ids), rows(scope, positions))
          .singletonOrThrow()
          .toFloatArray();
    }
  }

  /** The same by way of the cache: a prompt at once, the rest token by token. */
  public float[] cachedLogits(int[][] ids, int prompt) {
    try (NDManager scope = model.newScope()) {
      return script
          .call(
              scope,
              "cached_logits",
              model.parameters(),
              rows(scope, ids),
              rows(scope, positions(ids)),
              prompt)
          .singletonOrThrow()
          .toFloatArray();
    }
  }

  @Override
  public void close() {
    script.close();
  }

  private static int[][] positions(int[][] ids) {
    return Arrays.stream(ids)
        .map(row -> LongStream.range(0, row.length).mapToInt(t -> (int) t).toArray())
        .toArray(int[][]::new);
  }

  private static NDArray rows(NDManager scope, int[][] rows) {
    long[] flat =
        Arrays.stream(rows).flatMapToInt(Arrays::stream).mapToLong(value -> value).toArray();
    return scope.create(flat, new Shape(rows.length, rows[0].length));
  }
}

package io.capoflow.models.decoder;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.Generator;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.tensor.NamedTensors;
import io.capoflow.models.tensor.TensorDigest;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.models.text.HfTokenizer;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * A causal language model of the Llama or Qwen families with its tokenizer, whole or with a
 * low-rank adapter on frozen weights. {@link ModelLoader} opens one.
 *
 * <p>Generation and reading are thread-safe. A learner changes the weights in place: while one is
 * at work on a model, nothing else may use that model.
 */
public final class CausalLm implements AutoCloseable {
  private final ModelParts parts;
  private final Map<String, NDArray> parameters;
  private final TorchScript.Value decoder;

  /** Whether all but the script and the adapter is another model's. */
  private final boolean view;

  /** Takes the parts over. */
  CausalLm(ModelParts parts) {
    this(parts, false);
  }

  private CausalLm(ModelParts parts, boolean view) {
    this.parts = parts;
    this.parameters = parts.parameters();
    // Fails unless each tensor has its place in the script.
    this.decoder = parts.script().evaluate("decoder", parameters);
    this.view = view;
  }

  public DecoderConfig config() {
    return parts.config();
  }

  public HfTokenizer tokenizer() {
    return parts.tokenizer();
  }

  /** Content digest of {@link #digested}. */
  public String digest() {
    return TensorDigest.of(digested());
  }

  /**
   * Copies of the weights as they are now, in Hugging Face's naming; of a model with an adapter the
   * frozen ones.
   */
  public SortedMap<String, TensorData> tensors() {
    return parts.weights().data();
  }

  /**
   * What makes up the model's content as it is now: its weights, or, of a model with an adapter,
   * the adapter's tensors in PEFT's naming, its scale and the digest of its base. To be read at
   * once: tensors are copied from the device as they are read.
   */
  public SortedMap<String, TensorData> digested() {
    return parts.adapter().map(Adapter::digested).orElseGet(parts.weights()::view);
  }

  /**
   * Writes a Hugging Face checkpoint: the weights, in shards where they exceed {@link
   * Safetensors#SHARD_BYTES}, and the configuration and the tokenizer's files as they were loaded.
   * A checkpoint that is there already stays whole until all of the new one is on disk.
   *
   * <p>Of a model with an adapter it writes the adapter alone, as PEFT does: {@code
   * adapter_config.json}, which names the base's directory, and {@code adapter_model.safetensors}.
   *
   * @throws UncheckedIOException when it cannot be written
   */
  public void save(Path directory) {
    requireNonNull(directory, "directory");
    if (parts.adapter().isPresent()) {
      parts.adapter().get().write(directory);
      return;
    }
    CheckpointDraft.replace(
        directory,
        draft -> {
          parts.configFiles().write(draft, parts.weights().type());
          parts.tokenizerFiles().write(draft);
          Safetensors.writeCheckpoint(draft, parts.weights().view(), Safetensors.SHARD_BYTES);
        });
  }

  /**
   * Continues prompts. The results of a call depend on the weights, on all its requests, on {@code
   * maxRows} and on the draws, and on nothing else.
   *
   * @param maxRows continuations that are decoded at a time, at most: as some end, others take
   *     their places; the continuations of one request begin together, more of them too
   * @return for request i and its draw key s the continuation {@code [i][s]}
   * @throws IllegalArgumentException when a prompt is empty, names a token beyond the vocabulary,
   *     or leaves no room for {@code maxNewTokens} within the model's positions
   * @throws io.capoflow.schemas.Cancelled when the thread is interrupted: it looks after each
   *     native call, and these are cut so that they take about half a second
   */
  public List<List<Generated>> generate(
      List<GenerationRequest> requests, SamplingParameters parameters, int maxRows) {
    DecoderConfig config = parts.config();
    return new Generator(
            parts.script(),
            decoder,
            this::newScope,
            parts.tokenizer(),
            config.vocabularySize(),
            config.maxPositions(),
            config.eosTokenIds(),
            config.layers(),
            (long) config.keyValueHeads() * config.headDimension())
        .generate(requests, parameters, maxRows);
  }

  /** Continues prompts, all of them at a time. */
  public List<List<Generated>> generate(
      List<GenerationRequest> requests, SamplingParameters parameters) {
    return generate(requests, parameters, Integer.MAX_VALUE);
  }

  /** What the script computes with, by the names of the checkpoint and the adapter. */
  public Map<String, NDArray> parameters() {
    return parameters;
  }

  /** The script's {@code Decoder}: the {@link #parameters} in their places. */
  public TorchScript.Value decoder() {
    return decoder;
  }

  /** The parameters that learners change: some or all of {@link #parameters}. */
  public NamedTensors trainable() {
    return parts.adapter().map(Adapter::tensors).orElse(parts.weights());
  }

  /** Whether it is an adapter that learners change, on frozen weights. */
  public boolean hasAdapter() {
    return parts.adapter().isPresent();
  }

  /**
   * This model without its adapter, over the same frozen weights: the reference policy of an
   * adapter's training, which costs no second copy. Usable while this model is open; closing it
   * leaves this model as it is.
   */
  public CausalLm base() {
    return new CausalLm(parts.withoutAdapter(), true);
  }

  /**
   * This model, which has no adapter, with one over the same weights. Usable while this model is
   * open; closing it leaves this model as it is.
   */
  CausalLm with(AdapterFitting fitting) {
    ModelParts own = parts.forAdapter(fitting.form());
    try {
      return new CausalLm(own.with(fitting.on(own)), true);
    } catch (RuntimeException e) {
      own.script().close();
      throw e;
    }
  }

  /** An owner for tensors of one piece of work on the model's device; the caller closes it. */
  public NDManager newScope() {
    return parts.weights().newScope();
  }

  /** The compiled model, for learners. */
  public TorchScript script() {
    return parts.script();
  }

  @Override
  public void close() {
    decoder.close();
    parts.adapter().ifPresent(Adapter::close);
    if (!view) {
      parts.closeBase();
    }
    parts.script().close();
  }
}

package io.capoflow.models.decoder;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.RopeScaling.Plain;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.Generator;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.tensor.NamedTensors;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.TensorDigest;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.UserMistake;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A causal language model of the Llama or Qwen families with its tokenizer.
 *
 * <p>Generation and reading are thread-safe. A learner changes the weights in place: while one is
 * at work on a model, nothing else may use that model.
 */
public final class CausalLm implements AutoCloseable {
  private static final List<String> SCRIPTS =
      List.of("tensor_bytes.py", "decoder.py", "generation.py", "objective.py", "optimizer.py");

  private final DecoderConfig config;
  private final ConfigFiles configFiles;
  private final TokenizerFiles tokenizerFiles;
  private final HfTokenizer tokenizer;
  private final TorchScript script;
  private final NamedTensors weights;

  private CausalLm(
      DecoderConfig config,
      ConfigFiles configFiles,
      TokenizerFiles tokenizerFiles,
      HfTokenizer tokenizer,
      TorchScript script,
      NamedTensors weights) {
    this.config = config;
    this.configFiles = configFiles;
    this.tokenizerFiles = tokenizerFiles;
    this.tokenizer = tokenizer;
    this.script = script;
    this.weights = weights;
  }

  /**
   * Loads a Hugging Face checkpoint directory; the weights keep the dtype of their file.
   *
   * @param device as {@link Torch#device} reads it
   * @throws UserMistake when the directory holds no model that can be run here
   */
  public static CausalLm load(Path directory, String device) {
    return load(directory, device, NamedTensors::copyOf);
  }

  /** The same with the weights as a model of that precision computes with them. */
  public static CausalLm load(Path directory, String device, Precision precision) {
    requireNonNull(precision, "precision");
    return load(
        directory,
        device,
        (script, target, names, data) ->
            NamedTensors.copyOf(script, target, names, data, precision));
  }

  /** The same with half-precision weights widened to float32, without which small steps vanish. */
  public static CausalLm loadForTraining(Path directory, String device) {
    return load(directory, device, NamedTensors::widenedCopyOf);
  }

  /**
   * A new model with float32 weights drawn from the seed.
   *
   * @param tokenizerDirectory holds {@code tokenizer.json}
   */
  public static CausalLm initialise(
      DecoderConfig config, Path tokenizerDirectory, long seed, String device) {
    requireNonNull(config, "config");
    requireNonNull(tokenizerDirectory, "tokenizerDirectory");
    return assemble(
        config,
        ConfigFiles.of(config),
        tokenizerDirectory,
        DecoderWeights.draw(config, seed),
        Torch.device(device),
        NamedTensors::copyOf);
  }

  public DecoderConfig config() {
    return config;
  }

  public HfTokenizer tokenizer() {
    return tokenizer;
  }

  /** Content digest of the weights as they are now. */
  public String digest() {
    return TensorDigest.of(weights.view());
  }

  /** Copies of the weights as they are now, in Hugging Face's naming. */
  public SortedMap<String, TensorData> tensors() {
    return weights.data();
  }

  /**
   * Writes a Hugging Face checkpoint: the weights, in shards where they exceed {@link
   * Safetensors#SHARD_BYTES}, and the configuration and the tokenizer's files as they were loaded.
   * A checkpoint that is there already stays whole until all of the new one is on disk.
   *
   * @throws UncheckedIOException when it cannot be written
   */
  public void save(Path directory) {
    requireNonNull(directory, "directory");
    CheckpointDraft.replace(
        directory,
        draft -> {
          configFiles.write(draft, weights.type());
          tokenizerFiles.write(draft);
          Safetensors.writeCheckpoint(draft, weights.view(), Safetensors.SHARD_BYTES);
        });
  }

  /**
   * Continues prompts. The requests of one call are one batch: their results depend on the weights,
   * on the whole batch and on the draws, and on nothing else.
   *
   * @return for request i and its draw key s the continuation {@code [i][s]}
   * @throws IllegalArgumentException when a prompt is empty, names a token beyond the vocabulary,
   *     or leaves no room for {@code maxNewTokens} within the model's positions
   */
  public List<List<Generated>> generate(
      List<GenerationRequest> batch, SamplingParameters parameters) {
    return new Generator(
            script,
            weights,
            tokenizer,
            config.vocabularySize(),
            config.maxPositions(),
            config.eosTokenIds())
        .generate(batch, parameters);
  }

  /** What the script computes with, in its order: frozen parameters before the trainable ones. */
  public List<NDArray> parameters() {
    return weights.arrays();
  }

  /** The parameters that learners change: the last of {@link #parameters}. */
  public NamedTensors trainable() {
    return weights;
  }

  /** An owner for tensors of one piece of work on the model's device; the caller closes it. */
  public NDManager newScope() {
    return weights.newScope();
  }

  /** The compiled model, for learners. */
  public TorchScript script() {
    return script;
  }

  @Override
  public void close() {
    weights.close();
    script.close();
    tokenizer.close();
  }

  /** How a checkpoint's tensors come to the device. */
  private interface Copy {
    NamedTensors to(
        TorchScript script, Device device, List<String> names, SortedMap<String, TensorData> data);
  }

  private static CausalLm load(Path directory, String device, Copy copy) {
    requireNonNull(directory, "directory");
    Device target = Torch.device(device);
    DecoderConfig config = DecoderConfig.read(directory);
    SortedMap<String, TensorData> tensors = Safetensors.readCheckpoint(directory);
    DecoderWeights.check(config, tensors, directory);
    ConfigFiles files = ConfigFiles.read(directory, config);
    return assemble(config, files, directory, tensors, target, copy);
  }

  private static CausalLm assemble(
      DecoderConfig config,
      ConfigFiles configFiles,
      Path tokenizerDirectory,
      SortedMap<String, TensorData> tensors,
      Device device,
      Copy copy) {
    TokenizerFiles files = TokenizerFiles.read(tokenizerDirectory);
    HfTokenizer tokenizer = HfTokenizer.load(tokenizerDirectory);
    if (tokenizer.vocabularySize() > config.vocabularySize()) {
      tokenizer.close();
      throw new UserMistake(
          tokenizerDirectory
              + ": the tokenizer knows "
              + tokenizer.vocabularySize()
              + " tokens, the model "
              + config.vocabularySize()
              + "; they are of different models");
    }
    TorchScript script = TorchScript.compile(SCRIPTS, constants(config));
    List<String> names = List.copyOf(DecoderWeights.shapes(config).keySet());
    return new CausalLm(
        config, configFiles, files, tokenizer, script, copy.to(script, device, names, tensors));
  }

  /** What the text of {@code decoder.py} leaves open. */
  static Map<String, String> constants(DecoderConfig config) {
    Map<String, String> constants = new TreeMap<>(DecoderWeights.places(config));
    constants.put("layers", Integer.toString(config.layers()));
    constants.put("heads", Integer.toString(config.heads()));
    constants.put("key_value_heads", Integer.toString(config.keyValueHeads()));
    constants.put("head_dimension", Integer.toString(config.headDimension()));
    constants.put("norm_epsilon", Double.toString(config.normEpsilon()));
    constants.put("rope_theta", Double.toString(config.ropeTheta()));
    double[] factors =
        config.ropeScaling().frequencyFactors(config.headDimension(), config.ropeTheta());
    constants.put("rope_scaled", config.ropeScaling() instanceof Plain ? "False" : "True");
    constants.put("rope_factors", Arrays.toString(factors));
    constants.put("rope_attention", Double.toString(config.ropeScaling().attentionFactor()));
    return constants;
  }
}

package io.capoflow.models.decoder;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.Generator;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.models.tensor.NamedTensors;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.TensorDigest;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.UserMistake;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * A causal language model of the Llama or Qwen families with its tokenizer, whole or with a
 * low-rank adapter on frozen weights.
 *
 * <p>Generation and reading are thread-safe. A learner changes the weights in place: while one is
 * at work on a model, nothing else may use that model.
 */
public final class CausalLm implements AutoCloseable {
  private final DecoderConfig config;
  private final ConfigFiles configFiles;
  private final TokenizerFiles tokenizerFiles;
  private final HfTokenizer tokenizer;
  private final TorchScript script;
  private final NamedTensors weights;
  private final Optional<Adapter> adapter;
  private final Map<String, NDArray> parameters;
  private final TorchScript.Value decoder;

  /** Whether all but the script is another model's. */
  private final boolean view;

  private CausalLm(
      DecoderConfig config,
      ConfigFiles configFiles,
      TokenizerFiles tokenizerFiles,
      HfTokenizer tokenizer,
      TorchScript script,
      NamedTensors weights,
      Optional<Adapter> adapter,
      boolean view) {
    this.config = config;
    this.configFiles = configFiles;
    this.tokenizerFiles = tokenizerFiles;
    this.tokenizer = tokenizer;
    this.script = script;
    this.weights = weights;
    this.adapter = adapter;
    Map<String, NDArray> named = new LinkedHashMap<>(weights.named());
    adapter.ifPresent(own -> named.putAll(own.tensors().named()));
    this.parameters = Collections.unmodifiableMap(named);
    // Fails unless each tensor has its place in the script.
    this.decoder = script.evaluate("decoder", parameters);
    this.view = view;
  }

  /**
   * Loads a Hugging Face checkpoint directory; the weights keep the dtype of their file.
   *
   * <p>Of an adapter's directory, which {@link ModelDirectory} finds the base of, the adapter is
   * merged into the base, so that it costs nothing in use; but into a base in half precision, whose
   * rounding would swallow a part of it, it is not.
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
    return load(directory, device, computingIn(precision));
  }

  private static CausalLm load(Path directory, String device, Copy copy) {
    ModelDirectory files = ModelDirectory.of(directory);
    CausalLm model =
        files.isAdapter() ? withAdapter(files, device, copy) : whole(files, device, copy);
    return switch (model.weights.type()) {
      case F32, F64 -> model.merged();
      case F16, BF16 -> model;
    };
  }

  /**
   * The same for training: half-precision weights are widened to float32, without which small steps
   * vanish. Of an adapter's directory the adapter alone is trained, in float32, and the base stays
   * as it is stored.
   */
  public static CausalLm loadForTraining(Path directory, String device) {
    return loadForTraining(directory, device, NamedTensors::copyOf);
  }

  /** The same with an adapter's base in the type that a model of that precision computes in. */
  public static CausalLm loadForTraining(Path directory, String device, Precision precision) {
    return loadForTraining(directory, device, computingIn(precision));
  }

  private static CausalLm loadForTraining(Path directory, String device, Copy ofBase) {
    ModelDirectory files = ModelDirectory.of(directory);
    return files.isAdapter()
        ? withAdapter(files, device, ofBase)
        : whole(files, device, NamedTensors::widenedCopyOf);
  }

  /**
   * The same to train an adapter of that form, or, where the settings ask for none, whatever the
   * directory holds. A checkpoint gets a fresh adapter, which changes nothing before the first
   * step.
   *
   * @param seed keys a fresh adapter's draws
   * @throws UserMistake also when the directory holds an adapter of another form
   */
  public static CausalLm loadForTraining(
      Path directory, String device, LoraSettings lora, long seed) {
    return loadForTraining(directory, device, lora, seed, NamedTensors::copyOf);
  }

  /** The same with an adapter's base in the type that a model of that precision computes in. */
  public static CausalLm loadForTraining(
      Path directory, String device, LoraSettings lora, long seed, Precision precision) {
    return loadForTraining(directory, device, lora, seed, computingIn(precision));
  }

  private static CausalLm loadForTraining(
      Path directory, String device, LoraSettings lora, long seed, Copy ofBase) {
    if (!lora.isAdapter()) {
      return loadForTraining(directory, device);
    }
    if (!PeftConfig.isIn(directory)) {
      return withFreshAdapter(directory, device, lora, seed, ofBase);
    }
    LoraSettings stored = PeftConfig.read(directory).settings();
    if (!stored.equals(lora)) {
      throw new UserMistake(
          "%s holds an adapter of another form (%s) than the one asked for (%s); name the same"
              .formatted(directory, stored, lora));
    }
    return withAdapter(ModelDirectory.of(directory), device, ofBase);
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
        ModelDirectory.of(tokenizerDirectory),
        DecoderWeights.draw(config, seed),
        Torch.device(device),
        NamedTensors::copyOf,
        LoraSettings.NONE);
  }

  public DecoderConfig config() {
    return config;
  }

  public HfTokenizer tokenizer() {
    return tokenizer;
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
    return weights.data();
  }

  /**
   * What makes up the model's content as it is now: its weights, or, of a model with an adapter,
   * the adapter's tensors in PEFT's naming, its scale and the digest of its base. To be read at
   * once: tensors are copied from the device as they are read.
   */
  public SortedMap<String, TensorData> digested() {
    return adapter.map(Adapter::digested).orElseGet(weights::view);
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
    if (adapter.isPresent()) {
      adapter.get().write(directory);
      return;
    }
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
            decoder,
            this::newScope,
            tokenizer,
            config.vocabularySize(),
            config.maxPositions(),
            config.eosTokenIds())
        .generate(batch, parameters);
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
    return adapter.map(Adapter::tensors).orElse(weights);
  }

  /** Whether it is an adapter that learners change, on frozen weights. */
  public boolean hasAdapter() {
    return adapter.isPresent();
  }

  /**
   * This model without its adapter, over the same frozen weights: the reference policy of an
   * adapter's training, which costs no second copy. Usable while this model is open; closing it
   * leaves this model as it is.
   */
  public CausalLm base() {
    return withoutAdapter(true);
  }

  private CausalLm withoutAdapter(boolean view) {
    return new CausalLm(
        config,
        configFiles,
        tokenizerFiles,
        tokenizer,
        DecoderScripts.compile(config, LoraSettings.NONE, weights.device()),
        weights,
        Optional.empty(),
        view);
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
    decoder.close();
    if (!view) {
      adapter.ifPresent(Adapter::close);
      weights.close();
      tokenizer.close();
    }
    script.close();
  }

  /** How a checkpoint's tensors come to the device. */
  private interface Copy {
    NamedTensors to(
        TorchScript script, Device device, List<String> names, SortedMap<String, TensorData> data);
  }

  private static Copy computingIn(Precision precision) {
    requireNonNull(precision, "precision");
    return (script, device, names, data) ->
        NamedTensors.copyOf(script, device, names, data, precision);
  }

  private static CausalLm whole(ModelDirectory files, String device, Copy copy) {
    return read(files, device, copy, LoraSettings.NONE);
  }

  /** The base's weights, with the tokenizer that the model is used with. */
  private static CausalLm read(ModelDirectory files, String device, Copy copy, LoraSettings lora) {
    Device target = Torch.device(device);
    DecoderConfig config = DecoderConfig.read(files.base());
    SortedMap<String, TensorData> tensors = Safetensors.readCheckpoint(files.base());
    DecoderWeights.check(config, tensors, files.base());
    ConfigFiles configFiles = ConfigFiles.read(files.base(), config);
    return assemble(config, configFiles, files, tensors, target, copy, lora);
  }

  private static CausalLm withAdapter(ModelDirectory files, String device, Copy ofBase) {
    Path directory = files.adapter().orElseThrow();
    LoraSettings lora = PeftConfig.read(directory).settings();
    Path file = directory.resolve(PeftConfig.TENSORS_FILE);
    SortedMap<String, TensorData> tensors =
        AdapterWeights.check(DecoderConfig.read(files.base()), lora, Safetensors.read(file), file);
    CausalLm frozen = read(files, device, ofBase, lora);
    String digest =
        AdapterWeights.recordedBaseDigest(file)
            .orElseGet(() -> TensorDigest.of(Safetensors.readCheckpoint(files.base())));
    return frozen.with(lora, files.base(), digest, tensors);
  }

  private static CausalLm withFreshAdapter(
      Path directory, String device, LoraSettings lora, long seed, Copy ofBase) {
    CausalLm frozen = read(ModelDirectory.of(directory), device, ofBase, lora);
    return frozen.with(
        lora,
        directory,
        TensorDigest.of(Safetensors.readCheckpoint(directory)),
        AdapterWeights.draw(frozen.config, lora, seed));
  }

  /** Takes this model, whose script is made for the adapter, over. */
  private CausalLm with(
      LoraSettings lora, Path base, String baseDigest, SortedMap<String, TensorData> tensors) {
    List<String> names = List.copyOf(AdapterWeights.shapes(config, lora).keySet());
    NamedTensors own = NamedTensors.widenedCopyOf(script, weights.device(), names, tensors);
    decoder.close();
    return new CausalLm(
        config,
        configFiles,
        tokenizerFiles,
        tokenizer,
        script,
        weights,
        Optional.of(new Adapter(lora, base, baseDigest, own)),
        false);
  }

  /** Takes this model over: the adapter, where there is one, becomes a part of the weights. */
  private CausalLm merged() {
    if (adapter.isEmpty()) {
      return this;
    }
    LoraSettings lora = adapter.get().settings();
    List<NDArray> pairs = adapter.get().tensors().arrays();
    List<String> names = weights.names();
    List<String> adapted = AdapterWeights.adapted(config, lora);
    for (int i = 0; i < adapted.size(); i++) {
      NDArray weight = weights.arrays().get(names.indexOf(adapted.get(i)));
      script.run("merge", weight, pairs.get(2 * i), pairs.get(2 * i + 1), lora.scale());
    }
    CausalLm merged = withoutAdapter(false);
    decoder.close();
    adapter.get().close();
    script.close();
    return merged;
  }

  private static CausalLm assemble(
      DecoderConfig config,
      ConfigFiles configFiles,
      ModelDirectory files,
      SortedMap<String, TensorData> tensors,
      Device device,
      Copy copy,
      LoraSettings lora) {
    TokenizerFiles tokenizerFiles = TokenizerFiles.read(files);
    HfTokenizer tokenizer = HfTokenizer.load(files);
    if (tokenizer.vocabularySize() > config.vocabularySize()) {
      tokenizer.close();
      throw new UserMistake(
          files.tokenizer()
              + ": the tokenizer knows "
              + tokenizer.vocabularySize()
              + " tokens, the model "
              + config.vocabularySize()
              + "; they are of different models");
    }
    TorchScript script = DecoderScripts.compile(config, lora, device);
    List<String> names = List.copyOf(DecoderWeights.shapes(config).keySet());
    return new CausalLm(
        config,
        configFiles,
        tokenizerFiles,
        tokenizer,
        script,
        copy.to(script, device, names, tensors),
        Optional.empty(),
        false);
  }
}

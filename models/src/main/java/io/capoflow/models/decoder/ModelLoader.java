package io.capoflow.models.decoder;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.tensor.NamedTensors;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** Opens models: from the files of a checkpoint or an adapter, or new ones. Thread-safe. */
public final class ModelLoader {
  private ModelLoader() {}

  /**
   * Opens a model that was saved.
   *
   * @throws UserMistake when the directory holds no model that can be run here, or an adapter of
   *     another form than the one asked for
   * @throws Cancelled when the thread is interrupted; what was loaded is closed then
   */
  public static CausalLm load(Loading loading) {
    Cancelled.throwIfInterrupted("loading a model");
    ModelDirectory files = ModelDirectory.of(loading.directory());
    Optional<AdapterFitting> adapter = AdapterFitting.find(files, loading);
    Device device = Torch.device(loading.device());
    DecoderConfig config = DecoderConfig.read(files.base());
    SortedMap<String, TensorData> tensors = Safetensors.readCheckpoint(files.base());
    DecoderWeights.check(config, tensors, files.base());
    ScalarType type =
        loading.held(
            NamedTensors.typeOf(tensors, DecoderWeights.names(config)),
            loading.training() && adapter.isEmpty());
    // Only where the sum's rounding is far below what an adapter says.
    boolean merged = !loading.training() && type.isWide();
    LoraSettings lora =
        merged ? LoraSettings.NONE : adapter.map(AdapterFitting::form).orElse(LoraSettings.NONE);
    ModelParts base =
        assemble(
            config, ConfigFiles.read(files.base(), config), files, tensors, device, type, lora);
    try {
      if (adapter.isEmpty()) {
        return new CausalLm(base);
      }
      if (merged) {
        adapter.get().mergeInto(base);
        return new CausalLm(base);
      }
      return new CausalLm(base.with(adapter.get().on(base)));
    } catch (RuntimeException e) {
      base.closeBase();
      base.script().close();
      throw e;
    }
  }

  /**
   * An adapter over the weights of a model that is open: as {@link #load} of the same loading,
   * whose base that model is, without a second copy of the base.
   *
   * @param base has no adapter; it is read while the result is open, and stays the caller's
   * @param baseDigest of its content
   * @throws UserMistake when the loading's directory holds an adapter of another form than the one
   *     asked for
   */
  public static CausalLm load(Loading loading, CausalLm base, String baseDigest) {
    AdapterFitting adapter =
        AdapterFitting.find(ModelDirectory.of(loading.directory()), loading)
            .orElseThrow(
                () -> new IllegalArgumentException(loading + " neither holds nor asks an adapter"));
    return base.with(adapter.ofBase(baseDigest));
  }

  /**
   * A new model with float32 weights drawn from the seed.
   *
   * @param tokenizerDirectory holds {@code tokenizer.json}
   * @param device as {@link Torch#device} reads it
   */
  public static CausalLm initialise(
      DecoderConfig config, Path tokenizerDirectory, long seed, String device) {
    requireNonNull(config, "config");
    requireNonNull(tokenizerDirectory, "tokenizerDirectory");
    return new CausalLm(
        assemble(
            config,
            ConfigFiles.of(config),
            ModelDirectory.of(tokenizerDirectory),
            DecoderWeights.draw(config, seed),
            Torch.device(device),
            ScalarType.F32,
            LoraSettings.NONE));
  }

  private static ModelParts assemble(
      DecoderConfig config,
      ConfigFiles configFiles,
      ModelDirectory files,
      SortedMap<String, TensorData> tensors,
      Device device,
      ScalarType type,
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
    try {
      List<String> names = DecoderWeights.names(config);
      return new ModelParts(
          config,
          configFiles,
          tokenizerFiles,
          tokenizer,
          script,
          NamedTensors.copyOf(script, device, names, tensors, type),
          Optional.empty());
    } catch (RuntimeException e) {
      script.close();
      tokenizer.close();
      throw e;
    }
  }
}

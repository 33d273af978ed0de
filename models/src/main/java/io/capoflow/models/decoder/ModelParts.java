package io.capoflow.models.decoder;

import ai.djl.ndarray.NDArray;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.tensor.NamedTensors;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.models.text.HfTokenizer;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a model is made of.
 *
 * @param configFiles and {@code tokenizerFiles}: what a saved model copies
 * @param script compiled for the configuration and the adapter's form
 * @param weights of the checkpoint
 * @param adapter on frozen weights
 */
record ModelParts(
    DecoderConfig config,
    ConfigFiles configFiles,
    TokenizerFiles tokenizerFiles,
    HfTokenizer tokenizer,
    TorchScript script,
    NamedTensors weights,
    Optional<Adapter> adapter) {
  /** The same with an adapter, for which the script is made. */
  ModelParts with(Adapter fitted) {
    return new ModelParts(
        config, configFiles, tokenizerFiles, tokenizer, script, weights, Optional.of(fitted));
  }

  /** The same without the adapter, with a script of its own. */
  ModelParts withoutAdapter() {
    return forAdapter(LoraSettings.NONE);
  }

  /** The same weights with a script of its own for an adapter of that form, still without one. */
  ModelParts forAdapter(LoraSettings form) {
    return new ModelParts(
        config,
        configFiles,
        tokenizerFiles,
        tokenizer,
        DecoderScripts.compile(config, form, weights.device()),
        weights,
        Optional.empty());
  }

  /** All tensors, by the names of the checkpoint and the adapter. */
  Map<String, NDArray> parameters() {
    Map<String, NDArray> named = new LinkedHashMap<>(weights.named());
    adapter.ifPresent(own -> named.putAll(own.tensors().named()));
    return Collections.unmodifiableMap(named);
  }

  /** Closes the weights and the tokenizer. */
  void closeBase() {
    weights.close();
    tokenizer.close();
  }
}

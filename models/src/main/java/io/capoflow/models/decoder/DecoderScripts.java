package io.capoflow.models.decoder;

import ai.djl.Device;
import io.capoflow.models.decoder.RopeScaling.Plain;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchScript;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a model of a form computes with: the scripts, and the constants that their texts name. */
final class DecoderScripts {
  private DecoderScripts() {}

  static TorchScript compile(DecoderConfig config, LoraSettings lora, Device device) {
    List<String> scripts =
        List.of(
            "tensor_bytes.py",
            "lora.py",
            "decoder.py",
            "weights.py",
            !device.isGpu() && Torch.hasOneDnn() ? "linear_onednn.py" : "linear_plain.py",
            "sampling.py",
            "generation.py",
            "log_probabilities.py",
            "loss.py",
            "backward.py",
            "optimizer.py");
    return TorchScript.compile(scripts, constants(config, lora));
  }

  /** What the scripts' texts leave open. */
  static Map<String, String> constants(DecoderConfig config, LoraSettings lora) {
    Map<String, String> constants = new TreeMap<>();
    constants.put("tied_embeddings", config.tiedEmbeddings() ? "True" : "False");
    constants.put("adapted", lora.isAdapter() ? "True" : "False");
    constants.put("adapter_scale", Double.toString(lora.scale()));
    constants.put("layers", Integer.toString(config.layers()));
    constants.put("heads", Integer.toString(config.heads()));
    constants.put("key_value_heads", Integer.toString(config.keyValueHeads()));
    constants.put("head_dimension", Integer.toString(config.headDimension()));
    constants.put("packed", DecoderMemory.copiesMatrices(config, lora) ? "True" : "False");
    constants.put("smallest_packed", Integer.toString(DecoderMemory.SMALLEST_PACKED));
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

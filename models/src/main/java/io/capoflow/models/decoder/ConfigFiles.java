package io.capoflow.models.decoder;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.tensor.ScalarType;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A checkpoint's {@code config.json} and {@code generation_config.json}, kept as they were read, so
 * that a saved model still says what is not interpreted here.
 */
final class ConfigFiles {
  /** Transformers 5 calls {@code torch_dtype} so; files may hold both. */
  private static final String NEWER_DTYPE = "dtype";

  private static final String DTYPE = "torch_dtype";

  private final ObjectNode config;
  private final ObjectNode generation;

  private ConfigFiles(ObjectNode config, ObjectNode generation) {
    this.config = config;
    this.generation = generation;
  }

  /** Those of a model that no file describes yet. */
  static ConfigFiles of(DecoderConfig config) {
    return new ConfigFiles(
        DecoderConfigJson.config(config), DecoderConfigJson.generationConfig(config));
  }

  /**
   * Those of a checkpoint directory.
   *
   * @param config what {@link DecoderConfig#read} made of them
   */
  static ConfigFiles read(Path directory, DecoderConfig config) {
    Path generation = directory.resolve(DecoderConfig.GENERATION_FILE);
    return new ConfigFiles(
        JsonFields.read(directory.resolve(DecoderConfig.FILE)).copy(),
        Files.isRegularFile(generation)
            ? JsonFields.read(generation).copy()
            : DecoderConfigJson.generationConfig(config));
  }

  /**
   * Writes both files.
   *
   * @param type of the weights beside them
   */
  void write(Path directory, ScalarType type) {
    writeConfig(directory, type);
    JsonFields.write(directory.resolve(DecoderConfig.GENERATION_FILE), generation);
  }

  /** Writes {@code config.json} alone. */
  void writeConfig(Path directory, ScalarType type) {
    ObjectNode typed = config.deepCopy();
    if (typed.has(NEWER_DTYPE)) {
      typed.put(NEWER_DTYPE, type.torchName());
    }
    if (typed.has(DTYPE) || !typed.has(NEWER_DTYPE)) {
      typed.put(DTYPE, type.torchName());
    }
    JsonFields.write(directory.resolve(DecoderConfig.FILE), typed);
  }
}

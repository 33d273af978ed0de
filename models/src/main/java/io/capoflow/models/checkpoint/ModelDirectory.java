package io.capoflow.models.checkpoint;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.lora.PeftConfig;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where a model's files lie: in a whole checkpoint, or in an adapter's directory and its base's.
 * The one place that tells an adapter's directory from a checkpoint's, and that says which of the
 * two a file comes from. Whatever an adapter's directory lacks comes from its base; where both have
 * a file, this is PEFT's own habit:
 *
 * <ul>
 *   <li>The tokenizer's files and the chat template are the adapter's; {@value #TOKENIZER_CONFIG}
 *       and {@value #SPECIAL_TOKENS} go together, since they speak of each other. Trainers save
 *       there what the adapter was trained with, and {@code AutoPeftModel} and vLLM take it from
 *       there.
 *   <li>{@value #CONFIG} and {@value #GENERATION_CONFIG} are the base's. {@code AutoPeftModel} and
 *       {@code AutoModel} load the base with them and never read the adapter's.
 * </ul>
 *
 * Immutable and thread-safe; of the files themselves it looks only at which ones are there.
 *
 * @param base a checkpoint
 * @param adapter holds {@value PeftConfig#FILE} and {@value PeftConfig#TENSORS_FILE}
 */
public record ModelDirectory(Path base, Optional<Path> adapter) {
  /** The model's shape. */
  public static final String CONFIG = "config.json";

  /** Where generation starts and ends; may be missing. */
  public static final String GENERATION_CONFIG = "generation_config.json";

  /** The tokenizer itself. */
  public static final String TOKENIZER = "tokenizer.json";

  /** What a checkpoint says of its tokenizer, often the chat template too; may be missing. */
  public static final String TOKENIZER_CONFIG = "tokenizer_config.json";

  /** Special tokens by name, in older checkpoints; may be missing. */
  public static final String SPECIAL_TOKENS = "special_tokens_map.json";

  /** Tokens beyond the vocabulary, in older checkpoints; may be missing. */
  public static final String ADDED_TOKENS = "added_tokens.json";

  /** The chat template in a file of its own; may be missing. */
  public static final String CHAT_TEMPLATE = "chat_template.jinja";

  public ModelDirectory {
    requireNonNull(base, "base");
    requireNonNull(adapter, "adapter");
  }

  /**
   * What a directory holds. An adapter's base is what {@code base_model_name_or_path} names: a path
   * relative to the adapter's directory, or else to the working directory, or else a model in the
   * {@link HubCache}.
   *
   * @throws UserMistake when it is an adapter that cannot be read, or whose base is not there or is
   *     no checkpoint
   */
  public static ModelDirectory of(Path directory) {
    return of(directory, HubCache.ofThisProcess());
  }

  /**
   * An adapter on a base that is named for it.
   *
   * @throws UserMistake when the base is an adapter itself
   */
  public static ModelDirectory of(Path adapter, Path base) {
    if (PeftConfig.isIn(base)) {
      throw new UserMistake(
          base + ": the base is an adapter itself; merge that one first, with capoflow merge");
    }
    return new ModelDirectory(base, Optional.of(adapter));
  }

  static ModelDirectory of(Path directory, HubCache cache) {
    requireNonNull(directory, "directory");
    if (!PeftConfig.isIn(directory)) {
      return new ModelDirectory(directory, Optional.empty());
    }
    PeftConfig config = PeftConfig.read(directory);
    Path base =
        directoryNamed(directory, config.baseModel())
            .or(() -> cache.find(config.baseModel(), config.revision()))
            .orElseThrow(
                () ->
                    new UserMistake(
                        "%s: field base_model_name_or_path is \"%s\", which is no directory here and no model in %s; name the base's directory"
                            .formatted(
                                directory.resolve(PeftConfig.FILE),
                                config.baseModel(),
                                cache.directory())));
    if (PeftConfig.isIn(base)) {
      throw new UserMistake(
          "%s: field base_model_name_or_path is \"%s\", which is an adapter itself; merge that one first, with capoflow merge"
              .formatted(directory.resolve(PeftConfig.FILE), config.baseModel()));
    }
    return new ModelDirectory(base, Optional.of(directory));
  }

  /** Whether there is an adapter. */
  public boolean isAdapter() {
    return adapter.isPresent();
  }

  /** {@value #CONFIG}, which is the base's. */
  public Path config() {
    return base.resolve(CONFIG);
  }

  /** {@value #GENERATION_CONFIG}, which is the base's; there may be none. */
  public Path generationConfig() {
    return base.resolve(GENERATION_CONFIG);
  }

  /** {@value #TOKENIZER}: the adapter's where it has one, else the base's, there or not. */
  public Path tokenizer() {
    return tokenizerDirectory(TOKENIZER).resolve(TOKENIZER);
  }

  /**
   * Where {@value #TOKENIZER_CONFIG} and {@value #SPECIAL_TOKENS} are read, which speak of each
   * other: the adapter's directory where it has either, else the base's.
   */
  public Path tokenizerConfigDirectory() {
    return tokenizerDirectory(TOKENIZER_CONFIG, SPECIAL_TOKENS);
  }

  /** Where a chat template is looked for, in this order: a file's own, or the configuration's. */
  public List<Path> chatTemplateDirectories() {
    return Stream.concat(adapter.stream(), Stream.of(base)).toList();
  }

  private Path tokenizerDirectory(String... names) {
    return adapter
        .filter(own -> Stream.of(names).anyMatch(name -> Files.isRegularFile(own.resolve(name))))
        .orElse(base);
  }

  private static Optional<Path> directoryNamed(Path adapter, String name) {
    if (name.isEmpty()) {
      return Optional.empty();
    }
    try {
      Path beside = adapter.resolve(name).normalize();
      return Files.isDirectory(beside)
          ? Optional.of(beside)
          : Optional.of(Path.of(name)).filter(Files::isDirectory);
    } catch (InvalidPathException notAPath) {
      return Optional.empty();
    }
  }
}

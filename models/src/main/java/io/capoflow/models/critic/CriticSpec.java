package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.ModelDirectory;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.steps.StepSplitters;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A generative critic in a checkpoint directory, run in the worker's own process.
 *
 * @param directory Hugging Face checkpoint
 * @param digest of its weights, configuration and tokenizer
 * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
 * @param template as {@link PromptTemplates#named} takes it
 * @param templateName the template's own name, which for a file says its content too
 * @param splitter name of the step splitter, see {@link StepSplitters}
 * @param sampling how critiques are drawn
 * @param batchRollouts rollouts that are critiqued together: floating-point sums depend on it, so
 *     it is part of what makes a critique
 */
public record CriticSpec(
    String directory,
    String digest,
    String device,
    String template,
    String templateName,
    String splitter,
    SamplingParameters sampling,
    int batchRollouts)
    implements CriticSource {
  public CriticSpec {
    requireNonNull(directory, "directory");
    requireNonNull(digest, "digest");
    requireNonNull(device, "device");
    requireNonNull(template, "template");
    requireNonNull(templateName, "templateName");
    requireNonNull(splitter, "splitter");
    requireNonNull(sampling, "sampling");
    if (batchRollouts < 1) {
      throw new IllegalArgumentException("batch_rollouts must be positive: " + batchRollouts);
    }
  }

  /**
   * A critic whose digest is read from its checkpoint now.
   *
   * @throws io.capoflow.schemas.UserMistake when there is no such checkpoint, template or splitter
   */
  public static CriticSpec of(
      Path directory,
      String device,
      String template,
      String splitter,
      SamplingParameters sampling,
      int batchRollouts) {
    // Asked for here so that a misspelt name fails before any work is done.
    String templateName = PromptTemplates.named(template).name();
    StepSplitters.named(splitter);
    return new CriticSpec(
        directory.toString(),
        digest(directory),
        device,
        template,
        templateName,
        splitter,
        sampling,
        batchRollouts);
  }

  /** The run does not copy its critic, so whatever changes in the checkpoint must be noticed. */
  private static String digest(Path directory) {
    ModelDirectory files = ModelDirectory.of(directory);
    return Digests.ofParts(
        files.digest(),
        fileDigest(files.base(), DecoderConfig.FILE),
        fileDigest(files.base(), HfTokenizer.FILE));
  }

  private static String fileDigest(Path directory, String name) {
    Path file = directory.resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new UserMistake(
          "critic %s has no %s: name a complete checkpoint directory".formatted(directory, name));
    }
    try {
      return Digests.ofBytes(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  @Override
  public String identity() {
    return "local:%s;template=%s;splitter=%s;temperature=%s;top_p=%s;max_new_tokens=%d;batch=%d"
        .formatted(
            digest,
            templateName,
            splitter,
            sampling.temperature(),
            sampling.topP(),
            sampling.maxNewTokens(),
            batchRollouts);
  }

  @Override
  public Critic open() {
    return new LocalCritic(
        identity(),
        LoadedModels.lease(LoadedModels.Role.CRITIC, Path.of(directory), digest, device),
        PromptTemplates.named(template),
        StepSplitters.named(splitter),
        sampling,
        batchRollouts);
  }
}

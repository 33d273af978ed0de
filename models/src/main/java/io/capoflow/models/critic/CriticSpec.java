package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.chat.ChatTemplate;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.chat.Prompts;
import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.decoder.ModelDigest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.steps.StepSplitters;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Locations;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A generative critic in a checkpoint directory, run in the worker's own process.
 *
 * @param directory Hugging Face checkpoint
 * @param digest of its weights, configuration, tokenizer and chat template
 * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
 * @param torch how the tensor engine computes
 * @param splitter name of the step splitter, see {@link StepSplitters}
 * @param prompts how its prompts are written
 * @param sampling how critiques are drawn
 * @param maxRows critiques that are decoded at a time, at most: floating-point sums depend on it,
 *     so it is part of what makes a critique
 * @param asked what it is asked
 */
public record CriticSpec(
    String directory,
    String digest,
    String device,
    TorchSettings torch,
    String splitter,
    PromptSettings prompts,
    SamplingParameters sampling,
    int maxRows,
    CritiquePrompt asked)
    implements CriticSource {
  public CriticSpec {
    requireNonNull(directory, "directory");
    requireNonNull(digest, "digest");
    requireNonNull(device, "device");
    requireNonNull(torch, "torch");
    requireNonNull(splitter, "splitter");
    requireNonNull(prompts, "prompts");
    requireNonNull(sampling, "sampling");
    requireNonNull(asked, "asked");
    if (maxRows < 1) {
      throw new IllegalArgumentException("max_rows must be positive: " + maxRows);
    }
  }

  /**
   * A critic whose digest is read from its checkpoint now, that computes on one thread in native
   * numerics, and whose prompts are written as that checkpoint wants them.
   *
   * @throws io.capoflow.schemas.UserMistake as the other one
   */
  public static CriticSpec of(
      Path directory,
      String device,
      String template,
      String splitter,
      SamplingParameters sampling,
      int maxRows) {
    return of(
        directory,
        device,
        TorchSettings.ofThreads(1),
        template,
        splitter,
        PromptSettings.AUTO,
        sampling,
        maxRows);
  }

  /**
   * A critic whose digest is read from its checkpoint now, asked with a template alone.
   *
   * @throws io.capoflow.schemas.UserMistake when there is no such template, and as the other one
   */
  public static CriticSpec of(
      Path directory,
      String device,
      TorchSettings torch,
      String template,
      String splitter,
      PromptSettings prompts,
      SamplingParameters sampling,
      int maxRows) {
    return of(
        directory,
        device,
        torch,
        CritiquePrompt.of(template),
        splitter,
        prompts,
        sampling,
        maxRows);
  }

  /**
   * A critic whose digest is read from its checkpoint now.
   *
   * @throws io.capoflow.schemas.UserMistake when there is no such checkpoint or splitter, or the
   *     checkpoint's chat template cannot be used or refuses what stands before the question
   */
  public static CriticSpec of(
      Path directory,
      String device,
      TorchSettings torch,
      CritiquePrompt asked,
      String splitter,
      PromptSettings prompts,
      SamplingParameters sampling,
      int maxRows) {
    // Asked for here so that a misspelt name fails before any work is done.
    StepSplitters.named(splitter);
    Prompts written = Prompts.read(prompts, directory);
    if (!asked.asIs()) {
      requireAccepted(written, asked, directory);
    }
    return new CriticSpec(
        directory.toString(),
        digest(directory),
        device,
        torch,
        splitter,
        prompts,
        sampling,
        maxRows,
        asked);
  }

  private static void requireAccepted(Prompts written, CritiquePrompt asked, Path directory) {
    try {
      written.requireAccepted(asked.trial());
    } catch (UserMistake refused) {
      throw new UserMistake(
          "%s cannot be asked with %s: %s; leave that out, or say it in a prompt template's file"
              .formatted(
                  directory,
                  asked.system().isEmpty()
                      ? "critique.examples"
                      : asked.examples().isEmpty()
                          ? "critique.system"
                          : "critique.system and critique.examples",
                  refused.getMessage()),
          refused);
    }
  }

  /** The run does not copy its critic, so whatever changes in the checkpoint must be noticed. */
  private static String digest(Path directory) {
    ModelDirectory files = ModelDirectory.of(directory);
    Stream<String> needed =
        Stream.of(files.config(), files.tokenizer()).map(file -> fileDigest(directory, file));
    // They say how a prompt is written and where a critique ends; not every checkpoint has them.
    Path configurations = files.tokenizerConfigDirectory();
    Stream<String> optional =
        Stream.of(
                files.base().resolve(ModelDirectory.CHAT_TEMPLATE),
                configurations.resolve(ModelDirectory.TOKENIZER_CONFIG),
                configurations.resolve(ModelDirectory.SPECIAL_TOKENS),
                files.generationConfig())
            .filter(Files::isRegularFile)
            .map(file -> file.getFileName() + "=" + fileDigest(directory, file));
    // An adapter's may stand in either directory; a checkpoint's is among the files above.
    Stream<String> template =
        ChatTemplate.find(files).filter(found -> files.isAdapter()).stream()
            .map(found -> "template=" + Digests.ofParts(found.text()));
    return Digests.ofParts(
        Stream.of(Stream.of(ModelDigest.of(files)), needed, optional, template)
            .flatMap(parts -> parts)
            .toArray(String[]::new));
  }

  private static String fileDigest(Path critic, Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UserMistake(
          "critic %s has no %s: name a complete checkpoint directory"
              .formatted(critic, file.getFileName()));
    }
    try {
      return Digests.ofBytes(Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  @Override
  public String identity() {
    return "local:%s;template=%s;splitter=%s;%s;max_rows=%d"
            .formatted(digest, asked.templateName(), splitter, sampling.identity(), maxRows)
        + prompts.identity()
        + asked.identity();
  }

  /**
   * {@inheritDoc}
   *
   * @throws io.capoflow.schemas.UserMistake also when this process computes in other numerics
   */
  @Override
  public Critic open() {
    // Before the lease loads libtorch, which settles the numerics of the process.
    Torch.use(torch);
    return new LocalCritic(
        identity(),
        torch,
        Prompts.read(prompts, Locations.of(directory)),
        LoadedModels.lease(LoadedModels.Role.CRITIC, Locations.of(directory), digest, device),
        asked.template(),
        StepSplitters.named(splitter),
        sampling,
        maxRows);
  }
}

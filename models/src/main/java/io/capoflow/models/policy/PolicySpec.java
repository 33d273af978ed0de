package io.capoflow.models.policy;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.chat.PromptForm;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.chat.Prompts;
import io.capoflow.models.tensor.Precision;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;

/**
 * A policy version in a checkpoint directory, run in the worker's own process.
 *
 * @param directory Hugging Face checkpoint
 * @param version v00003
 * @param digest of the version, as {@link io.capoflow.schemas.PolicyVersion} has it
 * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
 * @param precision in which it computes
 * @param threads that one tensor operation may use, see {@link
 *     io.capoflow.models.tensor.Torch#useThreads}
 * @param prompts how its prompts are written
 * @param form what its files made of that when this was written: whoever opens the policy finds the
 *     same, or is refused
 */
public record PolicySpec(
    String directory,
    String version,
    String digest,
    String device,
    Precision precision,
    int threads,
    PromptSettings prompts,
    PromptForm form)
    implements PolicySource {
  public PolicySpec {
    requireNonNull(directory, "directory");
    requireNonNull(version, "version");
    requireNonNull(digest, "digest");
    requireNonNull(device, "device");
    requireNonNull(precision, "precision");
    requireNonNull(prompts, "prompts");
    requireNonNull(form, "form");
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be positive: " + threads);
    }
  }

  /**
   * A policy with the prompts that its files make now.
   *
   * @throws UserMistake when they make none with these settings
   */
  public static PolicySpec of(
      Path directory,
      String version,
      String digest,
      String device,
      Precision precision,
      int threads,
      PromptSettings prompts) {
    PromptForm form = Prompts.read(prompts, directory).form();
    return new PolicySpec(
        directory.toString(), version, digest, device, precision, threads, prompts, form);
  }

  /**
   * The same that computes in float32 on one thread, with prompts as its checkpoint wants them.
   *
   * @throws UserMistake as the other one
   */
  public static PolicySpec of(Path directory, String version, String digest, String device) {
    return of(directory, version, digest, device, Precision.F32, 1, PromptSettings.AUTO);
  }

  @Override
  public String identity() {
    String computed =
        switch (precision) {
          case F32 -> "";
          case BF16 -> "@bf16";
        };
    return version + "@" + digest + computed + prompts.identity();
  }

  /**
   * {@inheritDoc}
   *
   * @throws UserMistake also when its files make other prompts by now
   */
  @Override
  public Policy open() {
    Prompts written = Prompts.read(prompts, Path.of(directory));
    written.form().requireSame(form, "policy " + version + " in " + directory);
    return new LocalPolicy(
        identity(),
        threads,
        written,
        LoadedModels.lease(
            LoadedModels.Role.POLICY, Path.of(directory), digest, device, precision));
  }
}

package io.capoflow.models.policy;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.chat.Prompts;
import java.nio.file.Path;

/**
 * A policy version in a checkpoint directory, run in the worker's own process.
 *
 * @param directory Hugging Face checkpoint
 * @param version v00003
 * @param digest of the version, as {@link io.capoflow.schemas.PolicyVersion} has it
 * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
 * @param prompts how its prompts are written
 */
public record PolicySpec(
    String directory, String version, String digest, String device, PromptSettings prompts)
    implements PolicySource {
  public PolicySpec {
    requireNonNull(directory, "directory");
    requireNonNull(version, "version");
    requireNonNull(digest, "digest");
    requireNonNull(device, "device");
    requireNonNull(prompts, "prompts");
  }

  /** A policy whose prompts are written as its checkpoint wants them. */
  public PolicySpec(String directory, String version, String digest, String device) {
    this(directory, version, digest, device, PromptSettings.AUTO);
  }

  @Override
  public String identity() {
    return version + "@" + digest + prompts.identity();
  }

  @Override
  public Policy open() {
    return new LocalPolicy(
        identity(),
        Prompts.read(prompts, Path.of(directory)),
        LoadedModels.lease(LoadedModels.Role.POLICY, Path.of(directory), digest, device));
  }
}

package io.capoflow.models.policy;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LoadedModels;
import java.nio.file.Path;

/**
 * A policy version in a checkpoint directory, run in the worker's own process.
 *
 * @param directory Hugging Face checkpoint
 * @param version v00003
 * @param digest of the version, as {@link io.capoflow.schemas.PolicyVersion} has it
 * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
 */
public record PolicySpec(String directory, String version, String digest, String device)
    implements PolicySource {
  public PolicySpec {
    requireNonNull(directory, "directory");
    requireNonNull(version, "version");
    requireNonNull(digest, "digest");
    requireNonNull(device, "device");
  }

  @Override
  public String identity() {
    return version + "@" + digest;
  }

  @Override
  public Policy open() {
    return new LocalPolicy(
        identity(),
        LoadedModels.lease(LoadedModels.Role.POLICY, Path.of(directory), digest, device));
  }
}

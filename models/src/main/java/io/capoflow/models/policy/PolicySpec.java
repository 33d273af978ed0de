package io.capoflow.models.policy;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.tensor.Precision;
import java.nio.file.Path;

/**
 * A policy version in a checkpoint directory, run in the worker's own process.
 *
 * @param directory Hugging Face checkpoint
 * @param version v00003
 * @param digest of the version, as {@link io.capoflow.schemas.PolicyVersion} has it
 * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
 * @param precision in which it computes
 */
public record PolicySpec(
    String directory, String version, String digest, String device, Precision precision)
    implements PolicySource {
  public PolicySpec {
    requireNonNull(directory, "directory");
    requireNonNull(version, "version");
    requireNonNull(digest, "digest");
    requireNonNull(device, "device");
    requireNonNull(precision, "precision");
  }

  @Override
  public String identity() {
    String stored = version + "@" + digest;
    return switch (precision) {
      case F32 -> stored;
      case BF16 -> stored + "@bf16";
    };
  }

  @Override
  public Policy open() {
    return new LocalPolicy(
        identity(),
        LoadedModels.lease(
            LoadedModels.Role.POLICY, Path.of(directory), digest, device, precision));
  }
}

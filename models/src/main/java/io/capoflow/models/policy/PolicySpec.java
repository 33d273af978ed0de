package io.capoflow.models.policy;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.chat.Prompts;
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
 * @param prompts how its prompts are written
 */
public record PolicySpec(
    String directory,
    String version,
    String digest,
    String device,
    Precision precision,
    PromptSettings prompts)
    implements PolicySource {
  public PolicySpec {
    requireNonNull(directory, "directory");
    requireNonNull(version, "version");
    requireNonNull(digest, "digest");
    requireNonNull(device, "device");
    requireNonNull(precision, "precision");
    requireNonNull(prompts, "prompts");
  }

  /** A policy that computes in float32, with prompts as its checkpoint wants them. */
  public PolicySpec(String directory, String version, String digest, String device) {
    this(directory, version, digest, device, Precision.F32, PromptSettings.AUTO);
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

  @Override
  public Policy open() {
    return new LocalPolicy(
        identity(),
        Prompts.read(prompts, Path.of(directory)),
        LoadedModels.lease(
            LoadedModels.Role.POLICY, Path.of(directory), digest, device, precision));
  }
}

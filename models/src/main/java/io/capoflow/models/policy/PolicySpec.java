package io.capoflow.models.policy;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.chat.PromptForm;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.chat.Prompts;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.schemas.Locations;
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
 * @param torch how the tensor engine computes
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
    TorchSettings torch,
    PromptSettings prompts,
    PromptForm form)
    implements PolicySource {
  public PolicySpec {
    requireNonNull(directory, "directory");
    requireNonNull(version, "version");
    requireNonNull(digest, "digest");
    requireNonNull(device, "device");
    requireNonNull(precision, "precision");
    requireNonNull(torch, "torch");
    requireNonNull(prompts, "prompts");
    requireNonNull(form, "form");
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
      TorchSettings torch,
      PromptSettings prompts) {
    PromptForm form = Prompts.read(prompts, directory).form();
    return new PolicySpec(
        directory.toString(), version, digest, device, precision, torch, prompts, form);
  }

  /**
   * The same that computes in float32 on one thread, in native numerics, with prompts as its
   * checkpoint wants them.
   *
   * @throws UserMistake as the other one
   */
  public static PolicySpec of(Path directory, String version, String digest, String device) {
    return of(
        directory,
        version,
        digest,
        device,
        Precision.F32,
        TorchSettings.ofThreads(1),
        PromptSettings.AUTO);
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
   * @throws UserMistake also when its files make other prompts by now, or this process computes in
   *     other numerics
   */
  @Override
  public Policy open() {
    // Before the lease loads libtorch, which settles the numerics of the process.
    Torch.use(torch);
    Prompts written = Prompts.read(prompts, Locations.of(directory));
    written.form().requireSame(form, "policy " + version + " in " + directory);
    return new LocalPolicy(
        identity(),
        torch,
        written,
        LoadedModels.lease(
            LoadedModels.Role.POLICY, Locations.of(directory), digest, device, precision));
  }
}

package io.capoflow.models.scoring;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.cache.LoadedModels.Lease;
import io.capoflow.models.cache.LoadedModels.Role;
import io.capoflow.models.learning.ResponseScoring;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.Torch;
import java.io.Serializable;
import java.util.Optional;

/**
 * What an iteration's update asks about its responses before the first step. Small enough to travel
 * to a worker, which opens the models there.
 *
 * @param asked whose log-probabilities
 */
public record ScoringSpec(ScoredModels models, Asked asked, ScoringSettings settings)
    implements Serializable {
  /** Whose log-probabilities an update needs. */
  public enum Asked {
    /** The policy's, log π_old. */
    OLD,
    /** The reference's, log π_ref. */
    REFERENCE,
    BOTH;

    boolean old() {
      return this != REFERENCE;
    }

    boolean reference() {
      return this != OLD;
    }
  }

  public ScoringSpec {
    requireNonNull(models, "models");
    requireNonNull(asked, "asked");
    requireNonNull(settings, "settings");
  }

  /** Digests and settings on which the numbers depend, besides the responses and their order. */
  public String identity() {
    return String.join(
        " ",
        "policy=" + (asked.old() ? models.policyIdentity() : "none"),
        "reference=" + (asked.reference() ? models.reference().digest() : "none"),
        settings.identity());
  }

  /**
   * Opens the models; the caller closes them. They stay loaded between openings.
   *
   * @throws io.capoflow.schemas.UserMistake when one of them is not there, or this process computes
   *     in other numerics
   */
  public PolicyScoring open() {
    // Before a lease loads libtorch, which settles the numerics of the process.
    Torch.use(settings.torch());
    Optional<Lease> policy = Optional.empty();
    Optional<Lease> reference = Optional.empty();
    try {
      if (asked.old()) {
        policy = Optional.of(policy());
      }
      if (asked.reference() && !(asked.old() && models.areTheSame())) {
        reference = Optional.of(reference());
      }
      return new PolicyScoring(this, policy, reference);
    } catch (RuntimeException e) {
      policy.ifPresent(Lease::close);
      throw e;
    }
  }

  /** Where no adapter is trained, the sampler's own model: it has the weights of the learner's. */
  private Lease policy() {
    ScoredModel policy = models.policy();
    return models.lora().isAdapter()
        ? LoadedModels.lease(
            policy.path(),
            policy.digest(),
            new LoadedModels.Unmerged(
                models.start().path(), models.start().digest(), models.lora(), models.seed()),
            settings.device(),
            precision())
        : LoadedModels.lease(
            Role.POLICY, policy.path(), policy.digest(), settings.device(), precision());
  }

  /** An adapter's frozen base is loaded for the policy already. */
  private Lease reference() {
    ScoredModel reference = models.reference();
    boolean isBase =
        models.lora().isAdapter() && reference.digest().equals(models.start().digest());
    return LoadedModels.lease(
        isBase ? Role.BASE : Role.REFERENCE,
        reference.path(),
        reference.digest(),
        settings.device(),
        precision());
  }

  private Precision precision() {
    return settings.compute().precision();
  }

  /** Scoring by one of the models. */
  ResponseScoring by(Lease lease) {
    return new ResponseScoring(
        lease.model(), settings.temperature(), settings.layout(), settings.compute());
  }
}

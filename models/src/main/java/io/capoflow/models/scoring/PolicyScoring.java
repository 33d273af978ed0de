package io.capoflow.models.scoring;

import io.capoflow.models.cache.LoadedModels.Lease;
import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.models.tensor.Torch;
import java.util.List;
import java.util.Optional;

/** A policy and its reference in this process. Thread-safe: the models are shared and only read. */
public final class PolicyScoring implements AutoCloseable {
  private final ScoringSpec spec;
  private final Optional<Lease> policy;
  private final Optional<Lease> reference;

  /**
   * Log-probabilities of the response tokens of sequences, in nats: one array a sequence, one
   * number a response token.
   *
   * @param old by the policy; empty where they were not asked for
   * @param reference by the reference, likewise
   */
  public record Scores(Optional<float[][]> old, Optional<float[][]> reference) {}

  /** Takes the leases over; closing this closes them. */
  PolicyScoring(ScoringSpec spec, Optional<Lease> policy, Optional<Lease> reference) {
    this.spec = spec;
    this.policy = policy;
    this.reference = reference;
  }

  /**
   * Scores responses, in parts that follow from the sequences and their order alone.
   *
   * @throws io.capoflow.schemas.UserMistake when this process computes in other numerics
   */
  public Scores score(List<TrainingSequence> sequences) {
    Torch.use(spec.settings().torch());
    Optional<float[][]> old = policy.map(lease -> scores(lease, sequences));
    Optional<float[][]> referred = reference.map(lease -> scores(lease, sequences));
    return new Scores(old, spec.asked().reference() ? referred.or(() -> old) : referred);
  }

  private float[][] scores(Lease lease, List<TrainingSequence> sequences) {
    return spec.by(lease).logProbabilities(sequences, spec.settings().partTokens());
  }

  @Override
  public void close() {
    policy.ifPresent(Lease::close);
    reference.ifPresent(Lease::close);
  }
}

package io.capoflow.pipelines.evaluation;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.verifiers.VerifierOptions;

/**
 * How a policy is measured.
 *
 * @param samples sampled responses a problem, beside the greedy one
 * @param sampling how those are drawn; its length limit holds for the greedy response too
 * @param verifier by name
 * @param splitter by name, see {@link StepSplitter}
 * @param seed of the draws
 */
public record EvaluationSettings(
    int samples,
    SamplingParameters sampling,
    String verifier,
    VerifierOptions verifierOptions,
    String splitter,
    long seed) {
  public EvaluationSettings {
    if (samples < 1) {
      throw new IllegalArgumentException("at least one sample a problem is needed: " + samples);
    }
    requireNonNull(sampling, "sampling");
    requireNonNull(verifier, "verifier");
    requireNonNull(verifierOptions, "verifierOptions");
    requireNonNull(splitter, "splitter");
  }

  SamplingParameters greedy() {
    return new SamplingParameters(0, 1, sampling.maxNewTokens());
  }
}

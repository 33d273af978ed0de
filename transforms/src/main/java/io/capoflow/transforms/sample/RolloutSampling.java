package io.capoflow.transforms.sample;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.policy.Policy;
import io.capoflow.models.policy.Policy.SampleRequest;
import io.capoflow.models.policy.PolicySource;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.metrics.StageFigure;
import io.capoflow.transforms.metrics.StageMetrics;
import io.capoflow.transforms.storage.ShardFunction;
import java.util.List;
import java.util.stream.Stream;

/** Samples one shard of problems. */
final class RolloutSampling implements ShardFunction<Problem, Rollout> {
  /** Changes whenever the same request could give other rollouts. */
  private static final String CODE_VERSION = "sample/5";

  private final PolicySource policy;
  private final SampleRequest request;

  RolloutSampling(PolicySource policy, SampleRequest request) {
    this.policy = requireNonNull(policy, "policy");
    this.request = requireNonNull(request, "request");
  }

  @Override
  public String memoKey(List<Problem> shard) {
    // The run's name is left out: it labels rollouts and changes none.
    Stream<String> settings =
        Stream.of(
            CODE_VERSION,
            policy.identity(),
            Integer.toString(request.iteration()),
            request.policyVersion(),
            Integer.toString(request.rolloutsPerProblem()),
            request.sampling().identity(),
            Integer.toString(request.maxRows()),
            Long.toString(request.seed()));
    // In plan order and not sorted: the order decides which rollouts are decoded together.
    Stream<String> problems = shard.stream().map(Digests::ofRow);
    return Digests.ofParts(Stream.concat(settings, problems).toArray(String[]::new));
  }

  @Override
  public Pending<Rollout> compute(List<Problem> shard) {
    try (Policy opened = policy.open()) {
      List<Rollout> rollouts = opened.sample(shard, request);
      int expected = shard.size() * request.rolloutsPerProblem();
      if (rollouts.size() != expected) {
        throw new IllegalStateException(
            "policy %s gave %d rollouts of %d"
                .formatted(policy.identity(), rollouts.size(), expected));
      }
      return Pending.done(rollouts);
    }
  }

  @Override
  public void count(List<Rollout> rollouts, long millis, StageMetrics metrics) {
    metrics.add(StageFigure.ROLLOUTS, rollouts.size());
    metrics.add(
        StageFigure.TOKENS,
        rollouts.stream().mapToLong(rollout -> rollout.getResponseTokenIds().size()).sum());
    metrics.update(StageFigure.MODEL_MILLIS, millis);
  }
}

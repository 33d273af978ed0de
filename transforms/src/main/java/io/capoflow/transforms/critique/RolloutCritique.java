package io.capoflow.transforms.critique;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.Critic;
import io.capoflow.models.critic.CriticSource;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.metrics.StageFigure;
import io.capoflow.transforms.metrics.StageMetrics;
import io.capoflow.transforms.storage.ShardFunction;
import java.util.List;
import java.util.stream.Stream;

/** Critiques one shard of rollouts. */
final class RolloutCritique implements ShardFunction<Rollout, Critique> {
  /** Changes whenever the same critic could give other critiques. */
  private static final String CODE_VERSION = "critique/6";

  private final CriticSource critic;
  private final int times;
  private final long seed;

  RolloutCritique(CriticSource critic, int times, long seed) {
    this.critic = requireNonNull(critic, "critic");
    this.times = times;
    this.seed = seed;
  }

  @Override
  public String memoKey(List<Rollout> shard) {
    Stream<String> settings =
        Stream.of(CODE_VERSION, critic.identity(), Integer.toString(times), Long.toString(seed));
    // In order and not sorted: the order is that of the generation batches.
    Stream<String> rollouts = shard.stream().map(Digests::ofRow);
    return Digests.ofParts(Stream.concat(settings, rollouts).toArray(String[]::new));
  }

  @Override
  public Pending<Critique> compute(List<Rollout> shard) {
    Critic opened = critic.open();
    try {
      Pending<Critique> critiques = opened.critique(shard, times, seed);
      return new Pending<>(
          critiques
              .rows()
              .whenComplete((rows, failure) -> opened.close())
              .thenApply(rows -> requireAll(rows, shard.size() * times)),
          critiques.parts());
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  @Override
  public void count(List<Critique> critiques, long millis, StageMetrics metrics) {
    metrics.add(StageFigure.CRITIQUES, critiques.size());
    metrics.add(
        StageFigure.VOID_CRITIQUES,
        critiques.stream().filter(critique -> critique.getVoidReason() != null).count());
    metrics.add(StageFigure.TOKENS, critiques.stream().mapToLong(Critique::getTokens).sum());
    metrics.update(StageFigure.MODEL_MILLIS, millis);
  }

  @Override
  public int window() {
    return critic.window();
  }

  private List<Critique> requireAll(List<Critique> critiques, int expected) {
    if (critiques.size() != expected) {
      throw new IllegalStateException(
          "critic %s gave %d critiques of %d"
              .formatted(critic.identity(), critiques.size(), expected));
    }
    return critiques;
  }
}

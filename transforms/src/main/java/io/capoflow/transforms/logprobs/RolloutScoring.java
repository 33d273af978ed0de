package io.capoflow.transforms.logprobs;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.learning.TrainingSequence;
import io.capoflow.models.scoring.PolicyScoring;
import io.capoflow.models.scoring.PolicyScoring.Scores;
import io.capoflow.models.scoring.ScoringSpec;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.ResponseLogProbabilities;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.metrics.StageFigure;
import io.capoflow.transforms.metrics.StageMetrics;
import io.capoflow.transforms.storage.ShardFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Scores one shard of rollouts. */
final class RolloutScoring implements ShardFunction<Rollout, ResponseLogProbabilities> {
  /** Changes whenever the same models could give other numbers. */
  private static final String CODE_VERSION = "logprobs/1";

  private final ScoringSpec spec;

  RolloutScoring(ScoringSpec spec) {
    this.spec = requireNonNull(spec, "spec");
  }

  @Override
  public String memoKey(List<Rollout> shard) {
    Stream<String> settings = Stream.of(CODE_VERSION, spec.identity());
    // In order and not sorted: the parts are cut in it.
    Stream<String> rollouts = shard.stream().map(Digests::ofRow);
    return Digests.ofParts(Stream.concat(settings, rollouts).toArray(String[]::new));
  }

  @Override
  public Pending<ResponseLogProbabilities> compute(List<Rollout> shard) {
    try (PolicyScoring scoring = spec.open()) {
      Scores scores = scoring.score(shard.stream().map(RolloutScoring::sequence).toList());
      List<ResponseLogProbabilities> rows = new ArrayList<>();
      for (int i = 0; i < shard.size(); i++) {
        rows.add(row(shard.get(i), of(scores.old(), i), of(scores.reference(), i)));
      }
      return Pending.done(rows);
    }
  }

  @Override
  public void count(List<ResponseLogProbabilities> rows, long millis, StageMetrics metrics) {
    metrics.update(StageFigure.MODEL_MILLIS, millis);
  }

  private static TrainingSequence sequence(Rollout rollout) {
    int[] response = unboxed(rollout.getResponseTokenIds());
    return new TrainingSequence(
        unboxed(rollout.getPromptTokenIds()), response, new float[response.length]);
  }

  private static ResponseLogProbabilities row(
      Rollout rollout, Optional<List<Float>> old, Optional<List<Float>> reference) {
    return ResponseLogProbabilities.newBuilder()
        .setIteration(rollout.getIteration())
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setPolicyVersion(rollout.getPolicyVersion())
        .setOldLogprobs(old.orElse(null))
        .setReferenceLogprobs(reference.orElse(null))
        .build();
  }

  private static Optional<List<Float>> of(Optional<float[][]> scores, int rollout) {
    return scores.map(all -> boxed(all[rollout]));
  }

  private static List<Float> boxed(float[] values) {
    List<Float> boxed = new ArrayList<>(values.length);
    for (float value : values) {
      boxed.add(value);
    }
    return boxed;
  }

  private static int[] unboxed(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }
}

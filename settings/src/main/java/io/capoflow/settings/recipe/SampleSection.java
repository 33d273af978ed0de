package io.capoflow.settings.recipe;

import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.SharedKeys;

/** Sampling rollouts. */
public record SampleSection(
    @Key(doc = "Rollouts of each problem, the group size n", defaults = "16", range = "[1, )")
        int rollouts,
    @SharedKeys SamplingKeys sampling,
    @Key(
            doc = "Problems sampled as one shard and one generation batch",
            defaults = "4",
            range = "[1, )")
        int shardProblems) {}

package io.capoflow.settings.recipe;

import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.SharedKeys;

/** Sampling rollouts. */
public record SampleSection(
    @Key(doc = "Rollouts of each problem, the group size n", defaults = "16", range = "[1, )")
        int rollouts,
    @SharedKeys SamplingKeys sampling,
    @Key(doc = "Problems sampled as one shard", defaults = "4", range = "[1, )") int shardProblems,
    @Key(
            doc =
                "Rollouts of a shard decoded at a time; as they end, waiting ones take their places",
            defaults = "64",
            range = "[1, )")
        int maxRows) {}

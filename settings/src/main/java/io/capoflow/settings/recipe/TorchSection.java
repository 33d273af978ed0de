package io.capoflow.settings.recipe;

import io.capoflow.settings.binding.Key;

/** The tensor engine. */
public record TorchSection(
    @Key(
            doc = "Threads of one tensor operation; sums depend on it, so it is content",
            defaults = "1",
            range = "[1, )")
        int threads) {}

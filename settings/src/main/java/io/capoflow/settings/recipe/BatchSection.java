package io.capoflow.settings.recipe;

import io.capoflow.models.learning.Layout;
import io.capoflow.settings.binding.Key;

/** Forming batches. */
public record BatchSection(
    @Key(doc = "Tokens of one micro-batch, the memory limit", defaults = "16384", range = "[1, )")
        int tokens,
    @Key(doc = "Rows padded to the longest, or packed end to end", defaults = "padded")
        Layout layout,
    @Key(
            doc = "Rollouts of one optimizer step, a multiple of sample.rollouts",
            defaults = "192",
            range = "[1, )")
        int miniBatchRollouts) {}

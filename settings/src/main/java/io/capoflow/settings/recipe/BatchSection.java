package io.capoflow.settings.recipe;

import io.capoflow.models.learning.Layout;
import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;

/** Forming batches. */
public record BatchSection(
    @Key(
            doc =
                "Tokens that all gradient parts hold that are computed at the same time, the memory"
                    + " limit, padding included; a larger part is computed alone",
            defaults = "16384",
            range = "[1, )",
            kind = KeyKind.EXECUTION)
        int tokens,
    @Key(
            doc =
                "Tokens of one gradient part, padding included, in which rollouts of like length go"
                    + " together; a longer rollout is a part by itself. A mini-batch's gradient is the"
                    + " sum of its parts', so it is content",
            defaults = "1300",
            range = "[1, )")
        int partTokens,
    @Key(doc = "Rows padded to the longest, or packed end to end", defaults = "padded")
        Layout layout,
    @Key(
            doc = "Rollouts of one optimizer step, a multiple of sample.rollouts",
            defaults = "192",
            range = "[1, )")
        int miniBatchRollouts) {}

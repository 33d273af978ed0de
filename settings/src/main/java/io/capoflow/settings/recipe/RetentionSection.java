package io.capoflow.settings.recipe;

import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;

/** What a run keeps on disk. */
public record RetentionSection(
    @Key(
            doc = "Policy versions that keep their optimizer state; older ones drop it",
            defaults = "2",
            range = "[1, )",
            kind = KeyKind.EXECUTION)
        int optimizerStates) {}

package io.capoflow.settings.recipe;

import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;

/** Measuring on held-out problems. */
public record EvaluateSection(
    @Key(
            doc = "Held-out problems measured, the first of the split; 0: all",
            defaults = "500",
            range = "[0, )")
        int problems,
    @Key(
            doc = "Sampled responses a problem for the pass rate, beside the greedy one",
            defaults = "1",
            range = "[1, )")
        int samples,
    @Key(doc = "Temperature of those samples", defaults = "1", range = "(0, )") double temperature,
    @Key(
            doc = "Iterations between two measurements; 0: only before and after",
            defaults = "0",
            range = "[0, )",
            kind = KeyKind.EXECUTION)
        int every) {}

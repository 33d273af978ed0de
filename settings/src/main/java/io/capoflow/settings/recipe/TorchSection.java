package io.capoflow.settings.recipe;

import io.capoflow.models.tensor.Numerics;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.settings.binding.Key;

/** The tensor engine. */
public record TorchSection(
    @Key(
            doc = "Threads of one tensor operation; sums depend on it, so it is content",
            defaults = "1",
            range = "[1, )")
        int threads,
    @Key(
            doc =
                "native: this processor's fastest kernels, whose last bits are its own; portable: the"
                    + " same bits on every x86-64 processor with AVX2, on the CPU alone, slower; see"
                    + " docs/numerics.md",
            defaults = "native")
        Numerics numerics) {
  /** As those take it that compute. */
  public TorchSettings settings() {
    return new TorchSettings(threads, numerics);
  }
}

package io.capoflow.settings.recipe;

import io.capoflow.settings.binding.Key;
import java.nio.file.Path;
import java.util.Optional;

/** The policy that the KL term holds on to. */
public record ReferenceSection(
    @Key(doc = "Reference policy; where not set, the starting policy") Optional<Path> path) {}

package io.capoflow.settings.recipe;

import io.capoflow.settings.binding.Key;
import io.capoflow.transforms.vote.VotingRule;

/** Voting on steps. */
public record VoteSection(
    @Key(
            doc = "Which steps count as wrong",
            defaults = "intersection",
            extension = VotingRule.class)
        String rule) {}

package io.capoflow.transforms.credit;

import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.Verdict;
import java.util.Optional;

/**
 * What is known of one rollout when credit is assigned; votes are absent where no critic was asked.
 */
public record Evidence(Rollout rollout, Verdict verdict, Optional<StepVotes> votes) {}

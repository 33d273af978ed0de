/** What the policy and its reference think of rollouts before the first optimizer step. */
package io.capoflow.transforms.logprobs;

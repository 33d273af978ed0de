/** Voting the critiques of a rollout into one set of wrong steps. */
package io.capoflow.transforms.vote;

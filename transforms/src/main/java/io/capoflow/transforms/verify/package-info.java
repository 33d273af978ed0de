/** Deciding by rule whether a rollout's answer is right. */
package io.capoflow.transforms.verify;

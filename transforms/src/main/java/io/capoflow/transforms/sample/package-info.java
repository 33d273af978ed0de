/** Sampling groups of rollouts from a policy. */
package io.capoflow.transforms.sample;

/** Critiques of rollouts by a critic. */
package io.capoflow.transforms.critique;

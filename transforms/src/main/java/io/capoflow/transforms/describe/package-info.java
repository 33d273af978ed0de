/** Describing rollouts by all that critics say of them: the rows of a critique dataset. */
package io.capoflow.transforms.describe;

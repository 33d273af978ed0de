/** Ground truth for steps, for problems whose world is known. */
package io.capoflow.worlds.truth;

/**
 * A world small enough for two cores: running sums, a teacher with fixed misconceptions, an oracle
 * for every step, and the tongue of a critic that recomputes.
 */
package io.capoflow.worlds.arithmetic;

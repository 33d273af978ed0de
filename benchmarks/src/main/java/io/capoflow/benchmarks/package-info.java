/** Programs that measure: speed, memory, shares of an iteration's time. */
package io.capoflow.benchmarks;

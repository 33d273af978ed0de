package io.capoflow.verifiers.reading;

/**
 * What the gold answer decides about reading.
 *
 * @param frenchIntervals whether {@code ]a,b[} is an open interval
 * @param units whether one letter behind a number may be its unit
 */
public record Habits(boolean frenchIntervals, boolean units) {}

package io.capoflow.verifiers.comparison;

/**
 * Whether two answers are equivalent.
 *
 * @param route how that was decided
 */
public record Decision(boolean equal, String route) {}

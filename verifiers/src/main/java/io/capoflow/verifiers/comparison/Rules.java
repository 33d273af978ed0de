package io.capoflow.verifiers.comparison;

/**
 * How strict to be.
 *
 * @param approximationDigits how many significant digits a decimal must show for a gold that no
 *     decimal equals
 * @param literalOnly whether a gold that is a number asks for a number as written
 */
public record Rules(int approximationDigits, boolean literalOnly) {}

package io.capoflow.models.steps;

/**
 * One reasoning step of a response.
 *
 * @param index from 0
 * @param start first character, in code points
 * @param end exclusive, in code points, the blank separator left out
 */
public record Step(int index, int start, int end) {}

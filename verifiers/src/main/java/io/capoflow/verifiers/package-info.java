/**
 * Is the answer right: finds the final answer of a response and compares it with the gold answer,
 * exactly. Pure Java; depends on nothing. Where a response gives its answer is in {@code
 * extraction}, what the answer is read as in {@code reading}, what expressions are equal in {@code
 * expression}, and what an answer is equivalent to in {@code comparison}.
 */
package io.capoflow.verifiers;

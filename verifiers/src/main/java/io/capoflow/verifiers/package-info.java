/**
 * Is the answer right: finds the final answer of a response and compares it with the gold answer,
 * exactly. Pure Java; depends on nothing. What a response is read as is in {@code reading}, what
 * expressions are equal in {@code expression}, and what an answer is equivalent to in {@code
 * comparison}.
 */
package io.capoflow.verifiers;

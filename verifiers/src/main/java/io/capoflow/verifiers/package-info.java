/**
 * Is the answer right: finds the final answer of a response and compares it with the gold answer,
 * exactly. Pure Java; depends on nothing.
 */
package io.capoflow.verifiers;

/**
 * Inputs on which a verifier must return, for tests of ours and of strangers: structured random
 * ones, and the worst that are known by name.
 */
package io.capoflow.verifiers.fuzz;

/**
 * Expressions and whether two of them are equal: exactly, modulo random primes, or numerically with
 * a confirmation at 50 digits. Public for the other packages of this module only.
 */
package io.capoflow.verifiers.expression;

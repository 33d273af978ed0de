/**
 * Whether a response's answer is equivalent to the gold answer, whose type decides how. Public for
 * the other packages of this module only.
 */
package io.capoflow.verifiers.comparison;

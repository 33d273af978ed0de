/**
 * Reads an answer's text: characters to tokens, tokens to an expression, a list, an interval and so
 * on. Public for the other packages of this module only.
 */
package io.capoflow.verifiers.reading;

/**
 * Reads an answer's text. {@code Lexer} cuts it into tokens, with a class of its own for numbers,
 * words, commands and signs. {@code AnswerReader} tells what kind of answer they are and hands
 * parts to the readers of equations, conditions, intervals, matrices and scalars. {@code
 * ScalarReader} reads a number or expression with its unit, and {@code ExpressionParser} the
 * expression, with classes of their own for numbers, symbols and functions. Public for the other
 * packages of this module only.
 */
package io.capoflow.verifiers.reading;

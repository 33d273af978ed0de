package io.capoflow.verifiers.expression;

/** A complex number in either number system. */
record Complex<T>(T real, T imaginary) {}

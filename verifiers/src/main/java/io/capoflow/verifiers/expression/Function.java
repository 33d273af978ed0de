package io.capoflow.verifiers.expression;

/** The functions of one argument that an answer may apply. */
public enum Function {
  SIN,
  COS,
  TAN,
  COT,
  SEC,
  CSC,
  ARCSIN,
  ARCCOS,
  ARCTAN,
  ARCCOT,
  ARCSEC,
  ARCCSC,
  SINH,
  COSH,
  TANH,
  EXP,
  LN,
  ABS,
  FLOOR,
  CEILING,
  SIGN,
  REAL_PART,
  IMAGINARY_PART,
  CONJUGATE
}

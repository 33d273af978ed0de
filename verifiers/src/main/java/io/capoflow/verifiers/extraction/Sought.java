package io.capoflow.verifiers.extraction;

/** What the gold answer is, as far as a weak rule needs to know it. */
public enum Sought {
  NUMBER,
  CHOICE,
  OTHER
}

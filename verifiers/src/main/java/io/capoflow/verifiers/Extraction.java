package io.capoflow.verifiers;

/** The one candidate that a response offers, or why it offers none. */
sealed interface Extraction {
  /**
   * A candidate answer.
   *
   * @param rung which rule found it
   */
  record Found(String text, String rung) implements Extraction {}

  /**
   * No candidate.
   *
   * @param reason NO_ANSWER, BAD_BOX or TRUNCATED
   */
  record Missing(String reason) implements Extraction {}
}

package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.reading.Answer.Parsed;

/** How a part of an answer is read: as an answer of its own. */
interface Reading {
  /**
   * @param depth in how many answers the tokens stand
   */
  Parsed read(Tokens tokens, int depth);
}

package io.capoflow.verifiers;

import io.capoflow.verifiers.extraction.Extraction.Missing;

/** What an extraction without a candidate means for the verdict. */
final class Reasons {
  private Reasons() {}

  static Reason of(Missing missing) {
    return switch (missing) {
      case NO_ANSWER -> Reason.NO_ANSWER;
      case BAD_BOX -> Reason.BAD_BOX;
      case TRUNCATED -> Reason.TRUNCATED;
    };
  }
}

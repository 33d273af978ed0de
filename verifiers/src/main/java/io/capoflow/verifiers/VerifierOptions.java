package io.capoflow.verifiers;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;

/**
 * Options of a verification.
 *
 * @param mode strict for rewards, lenient for evaluation
 * @param seed of every random prime and evaluation point
 * @param answerTag whether an answer between {@code <answer>} and {@code </answer>} goes before any
 *     other
 * @param approxDigits how many significant digits a decimal must show to stand for a gold that no
 *     decimal equals, such as 1/3 or the root of 2
 * @param literalOnly whether a gold that is a number asks for a number as written, so that the
 *     question itself ("2^{10}") is no answer
 */
public record VerifierOptions(
    Mode mode, long seed, boolean answerTag, int approxDigits, boolean literalOnly)
    implements Serializable {
  private static final int APPROX_DIGITS = 6;

  public VerifierOptions {
    requireNonNull(mode, "mode");
    if (approxDigits < 1) {
      throw new IllegalArgumentException("approxDigits is at least 1, not " + approxDigits);
    }
  }

  /** How far extraction may reach. */
  public enum Mode {
    STRICT,
    LENIENT
  }

  public VerifierOptions(Mode mode, long seed) {
    this(mode, seed, false, APPROX_DIGITS, false);
  }

  public static VerifierOptions strict() {
    return new VerifierOptions(Mode.STRICT, 0);
  }

  public static VerifierOptions lenient() {
    return new VerifierOptions(Mode.LENIENT, 0);
  }

  public VerifierOptions withSeed(long newSeed) {
    return new VerifierOptions(mode, newSeed, answerTag, approxDigits, literalOnly);
  }

  public VerifierOptions withAnswerTag(boolean newAnswerTag) {
    return new VerifierOptions(mode, seed, newAnswerTag, approxDigits, literalOnly);
  }

  public VerifierOptions withApproxDigits(int newApproxDigits) {
    return new VerifierOptions(mode, seed, answerTag, newApproxDigits, literalOnly);
  }

  public VerifierOptions withLiteralOnly(boolean newLiteralOnly) {
    return new VerifierOptions(mode, seed, answerTag, approxDigits, newLiteralOnly);
  }

  /** Stable text of all options, for digests. */
  public String canonical() {
    return "mode="
        + mode
        + ";seed="
        + seed
        + ";answerTag="
        + answerTag
        + ";approxDigits="
        + approxDigits
        + ";literalOnly="
        + literalOnly;
  }
}

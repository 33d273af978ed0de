package io.capoflow.verifiers;

import static java.util.Objects.requireNonNull;

import io.capoflow.verifiers.extraction.AnswerExtractor;
import java.io.Serializable;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

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
 * @param bySource names of verifiers by the source of a question, for a verifier that picks among
 *     others; before its own table
 */
public record VerifierOptions(
    Mode mode,
    long seed,
    boolean answerTag,
    int approxDigits,
    boolean literalOnly,
    SortedMap<String, String> bySource)
    implements Serializable {
  private static final int APPROX_DIGITS = 6;

  public VerifierOptions {
    requireNonNull(mode, "mode");
    if (approxDigits < 1) {
      throw new IllegalArgumentException("approxDigits is at least 1, not " + approxDigits);
    }
    bySource = Collections.unmodifiableSortedMap(new TreeMap<>(bySource));
  }

  /** How far extraction may reach. */
  public enum Mode {
    STRICT,
    LENIENT
  }

  public VerifierOptions(Mode mode, long seed) {
    this(mode, seed, false, APPROX_DIGITS, false, Collections.emptySortedMap());
  }

  public static VerifierOptions strict() {
    return new VerifierOptions(Mode.STRICT, 0);
  }

  public static VerifierOptions lenient() {
    return new VerifierOptions(Mode.LENIENT, 0);
  }

  public VerifierOptions withSeed(long newSeed) {
    return new VerifierOptions(mode, newSeed, answerTag, approxDigits, literalOnly, bySource);
  }

  public VerifierOptions withAnswerTag(boolean newAnswerTag) {
    return new VerifierOptions(mode, seed, newAnswerTag, approxDigits, literalOnly, bySource);
  }

  public VerifierOptions withApproxDigits(int newApproxDigits) {
    return new VerifierOptions(mode, seed, answerTag, newApproxDigits, literalOnly, bySource);
  }

  public VerifierOptions withLiteralOnly(boolean newLiteralOnly) {
    return new VerifierOptions(mode, seed, answerTag, approxDigits, newLiteralOnly, bySource);
  }

  /** The same with this table of sources. */
  public VerifierOptions withBySource(Map<String, String> verifierBySource) {
    return new VerifierOptions(
        mode, seed, answerTag, approxDigits, literalOnly, new TreeMap<>(verifierBySource));
  }

  /** How far extraction may reach. */
  AnswerExtractor.Reach reach() {
    return new AnswerExtractor.Reach(answerTag, mode == Mode.LENIENT);
  }

  /**
   * Stable text of all options by the names that recipes use, for digests: different options have
   * different texts.
   */
  public String canonical() {
    StringBuilder text = new StringBuilder("mode=").append(mode.name().toLowerCase(Locale.ROOT));
    text.append(";seed=").append(seed);
    text.append(";answer_tag=").append(answerTag);
    text.append(";approx_digits=").append(approxDigits);
    text.append(";literal_only=").append(literalOnly);
    // Lengths go first, since a source may hold any character.
    bySource.forEach(
        (source, verifier) ->
            text.append(";by_source=")
                .append(source.length())
                .append(':')
                .append(source)
                .append(verifier.length())
                .append(':')
                .append(verifier));
    return text.toString();
  }
}

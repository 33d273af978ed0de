package io.capoflow.verifiers;

import java.util.Optional;

/**
 * Decides whether a response answers a question. Found by {@link #name} through {@link
 * java.util.ServiceLoader}.
 *
 * <p>A pure, thread-safe function of its arguments: no clock, no threads, no I/O, and model text
 * never reaches a regular expression with nested quantifiers, a script engine or a class loader. It
 * returns on every input.
 */
public interface Verifier {
  /** As a recipe names it. */
  String name();

  /** Changes whenever a verdict could. */
  String version();

  Verification verify(String response, String gold, VerifierOptions options);

  /**
   * Who judges questions of a source: this verifier, unless it only picks among others. Whoever
   * knows the source of a question asks the one returned, and records that one's name and version.
   *
   * @param source as the problem names it: gsm8k, …; empty where it is not known
   */
  default Verifier forSource(String source, VerifierOptions options) {
    return this;
  }

  /**
   * A response that answers rightly, in the form that this verifier reads. Whoever is about to use
   * a gold answer verifies this against it: a gold answer that does not answer itself would make
   * every response wrong.
   *
   * @return where not overridden, the answer in a box, or as it is where it brings a mark of its
   *     own
   */
  default String rightResponse(String gold) {
    boolean marked = gold.contains("\\boxed") || gold.contains("\\fbox") || gold.contains("####");
    return marked ? gold : "\\boxed{" + gold + "}";
  }

  /**
   * What an answer comes down to before it is compared, for people to read; empty where this
   * verifier has no such form, or cannot read the answer.
   *
   * @param answer a candidate as extracted, or a gold text
   */
  default Optional<String> normalForm(String answer, VerifierOptions options) {
    return Optional.empty();
  }
}

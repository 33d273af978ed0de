package io.capoflow.verifiers;

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
}

package io.capoflow.verifiers;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Options of a verification.
 *
 * @param mode strict for rewards, lenient for evaluation
 * @param seed of any random evaluation point
 * @param bySource names of verifiers by the source of a question, for {@link CompositeVerifier};
 *     before its own table
 */
public record VerifierOptions(Mode mode, long seed, SortedMap<String, String> bySource)
    implements Serializable {
  /** How far extraction may reach. */
  public enum Mode {
    STRICT,
    LENIENT
  }

  public VerifierOptions {
    requireNonNull(mode, "mode");
    bySource = Collections.unmodifiableSortedMap(new TreeMap<>(bySource));
  }

  /** Without a table of sources. */
  public VerifierOptions(Mode mode, long seed) {
    this(mode, seed, Collections.emptySortedMap());
  }

  public static VerifierOptions strict() {
    return new VerifierOptions(Mode.STRICT, 0);
  }

  /** The same with this table of sources. */
  public VerifierOptions withBySource(Map<String, String> verifierBySource) {
    return new VerifierOptions(mode, seed, new TreeMap<>(verifierBySource));
  }

  /** Stable text of all options, for digests: different options have different texts. */
  public String canonical() {
    StringBuilder text = new StringBuilder("mode=" + mode + ";seed=" + seed);
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

package io.capoflow.verifiers;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Picks a verifier by the source of the question: by the table in {@link
 * VerifierOptions#bySource()}, then by a short one of its own for well-known data sets, then {@code
 * math}. The key {@value #ANY} of the options' table stands for every source that it does not name.
 */
public final class CompositeVerifier implements Verifier {
  /** As recipes name it. */
  public static final String NAME = "by_source";

  /** Every source that the table does not name. */
  public static final String ANY = "*";

  private static final String FALLBACK = "math";

  private static final Map<String, String> WELL_KNOWN =
      Map.ofEntries(
          Map.entry("gsm8k", "numeric"),
          Map.entry("openai/gsm8k", "numeric"),
          Map.entry("gpqa", "choice"),
          Map.entry("Idavidrein/gpqa", "choice"),
          Map.entry("arc", "choice"),
          Map.entry("allenai/ai2_arc", "choice"),
          Map.entry("mmlu", "choice"),
          Map.entry("cais/mmlu", "choice"),
          Map.entry("mmlu_pro", "choice"),
          Map.entry("TIGER-Lab/MMLU-Pro", "choice"));

  // Looked for on first use: the loader that finds verifiers makes this one too.
  private SortedMap<String, Verifier> found;

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String version() {
    return "by_source-1";
  }

  /**
   * The verifier of that source.
   *
   * @throws IllegalArgumentException when the options name one that is not there, or this one
   */
  @Override
  public Verifier forSource(String source, VerifierOptions options) {
    SortedMap<String, String> table = options.bySource();
    String wanted =
        table.containsKey(source)
            ? table.get(source)
            : table.getOrDefault(ANY, WELL_KNOWN.getOrDefault(source, FALLBACK));
    Verifier verifier = verifiers().get(wanted);
    if (verifier == null) {
      throw new IllegalArgumentException(
          "by_source names the verifier '"
              + wanted
              + "' for '"
              + source
              + "'; known: "
              + String.join(", ", verifiers().keySet()));
    }
    return verifier;
  }

  /** As for a question of unknown source. */
  @Override
  public Verification verify(String response, String gold, VerifierOptions options) {
    return forSource("", options).verify(response, gold, options);
  }

  private synchronized SortedMap<String, Verifier> verifiers() {
    if (found == null) {
      TreeMap<String, Verifier> others = new TreeMap<>(Verifiers.all());
      others.remove(NAME);
      found = others;
    }
    return found;
  }
}

package io.capoflow.transforms.verify;

import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.UserMistake;
import io.capoflow.verifiers.CompositeVerifier;
import io.capoflow.verifiers.Verifier;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Which verifier judges the problems of which source, as recipes and the command line write it. */
public final class VerifierTable {
  private VerifierTable() {}

  /**
   * Reads entries {@code source=verifier}; the last "=" parts them, since a source may hold one.
   *
   * @throws UserMistake when an entry has no two parts, a source is there twice, or a verifier is
   *     unknown
   */
  public static SortedMap<String, String> parse(List<String> entries) {
    TreeMap<String, String> table = new TreeMap<>();
    for (String entry : entries) {
      int mark = entry.lastIndexOf('=');
      if (mark < 1 || mark == entry.length() - 1) {
        throw new UserMistake("expects source=verifier, found '" + entry + "'");
      }
      String source = entry.substring(0, mark).strip();
      String verifier = entry.substring(mark + 1).strip();
      Extensions.named(Verifier.class, Verifier::name, "verifier", verifier);
      if (verifier.equals(CompositeVerifier.NAME)) {
        throw new UserMistake("'" + entry + "' leads back to by_source; name another verifier");
      }
      if (table.put(source, verifier) != null) {
        throw new UserMistake("names the source '" + source + "' twice; keep one");
      }
    }
    return Collections.unmodifiableSortedMap(table);
  }
}

package io.capoflow.verifiers;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.SortedMap;
import java.util.TreeMap;

/** The verifiers that {@link ServiceLoader} finds. */
public final class Verifiers {
  private Verifiers() {}

  /** All of them, by name; where two share one, the first found. */
  public static SortedMap<String, Verifier> all() {
    TreeMap<String, Verifier> found = new TreeMap<>();
    for (Verifier verifier : ServiceLoader.load(Verifier.class)) {
      found.putIfAbsent(verifier.name(), verifier);
    }
    for (Verifier verifier : ServiceLoader.load(Verifier.class, Verifier.class.getClassLoader())) {
      found.putIfAbsent(verifier.name(), verifier);
    }
    return Collections.unmodifiableSortedMap(found);
  }

  /** The one of that name. */
  public static Optional<Verifier> named(String name) {
    return Optional.ofNullable(all().get(requireNonNull(name, "name")));
  }
}

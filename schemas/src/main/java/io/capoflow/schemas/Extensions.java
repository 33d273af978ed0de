package io.capoflow.schemas;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Finds implementations of an extension point by the name that a recipe gives them, through {@link
 * java.util.ServiceLoader}: one class and one line in {@code META-INF/services} make an extension.
 *
 * <p>Both the thread's class loader and the extension point's own are asked, since on a cluster a
 * user's jar and ours may be loaded apart. Thread-safe.
 */
public final class Extensions {
  private Extensions() {}

  /**
   * All implementations of an extension point, by name.
   *
   * @throws UserMistake when two classes claim one name, or one of them is broken: not there, not
   *     to be made, nameless, or holding what cannot travel to workers
   */
  public static <T> SortedMap<String, T> all(Class<T> point, Function<? super T, String> name) {
    requireNonNull(point, "point");
    requireNonNull(name, "name");
    TreeMap<String, T> found = new TreeMap<>();
    for (ClassLoader loader : loaders(point)) {
      for (T extension : Provider.all(point, loader)) {
        String itsName = Provider.nameOf(point, extension, name);
        T other = found.putIfAbsent(itsName, extension);
        if (other != null && !other.getClass().getName().equals(extension.getClass().getName())) {
          throw new UserMistake(
              "two classes claim the %s name '%s': %s and %s; rename one of them"
                  .formatted(
                      point.getSimpleName(),
                      itsName,
                      Provider.inItsJar(other.getClass()),
                      Provider.inItsJar(extension.getClass())));
        }
      }
    }
    return Collections.unmodifiableSortedMap(found);
  }

  /**
   * The implementation of that name.
   *
   * @param kind what a user calls such a thing: voting rule, verifier, …
   * @throws UserMistake when there is none; it lists the known names and guesses the one meant
   */
  public static <T> T named(
      Class<T> point, Function<? super T, String> name, String kind, String wanted) {
    SortedMap<String, T> known = all(point, name);
    T found = known.get(requireNonNull(wanted, "wanted"));
    if (found == null) {
      throw unknown(kind, wanted, known.keySet());
    }
    return found;
  }

  /**
   * An extension's class and the name of its jar, for people: {@code com.example.Mine in a.jar}.
   */
  public static String place(Object extension) {
    return Provider.inItsJar(extension.getClass());
  }

  /** The mistake of naming something that is not there. */
  public static UserMistake unknown(String kind, String wanted, Collection<String> known) {
    String guess = nearest(wanted, known).map(n -> "; did you mean '" + n + "'?").orElse(";");
    return new UserMistake(
        "unknown %s '%s'%s known: %s"
            .formatted(kind, wanted, guess, String.join(", ", new TreeSet<>(known))));
  }

  /** The known name that the given one is most likely a slip of, if any is near enough. */
  public static Optional<String> nearest(String wanted, Collection<String> known) {
    String lower = wanted.toLowerCase(Locale.ROOT);
    return known.stream()
        .sorted()
        .filter(n -> distance(lower, n.toLowerCase(Locale.ROOT)) <= 1 + n.length() / 3)
        .min(Comparator.comparingInt(n -> distance(lower, n.toLowerCase(Locale.ROOT))));
  }

  private static List<ClassLoader> loaders(Class<?> point) {
    Set<ClassLoader> loaders = new LinkedHashSet<>();
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    if (context != null) {
      loaders.add(context);
    }
    if (point.getClassLoader() != null) {
      loaders.add(point.getClassLoader());
    }
    return new ArrayList<>(loaders);
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}

package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Digests;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * Chooses ten examples by a rule that knows no order of rows. Of each {@linkplain ExampleKind
 * kind}, as many as it wants: those of the smallest place, and of one place those whose rollout ids
 * have the smallest SHA-256. Where a kind has fewer rows, the next ones of the other kinds fill in,
 * in the order of the kinds. Holds ten candidates of each kind. For one thread.
 */
final class ExampleChoice {
  /** Examples that a card has where there are as many rows. */
  static final int WANTED = 10;

  private record Rank(double place, String digest) implements Comparable<Rank> {
    private static final Comparator<Rank> ORDER =
        Comparator.comparingDouble(Rank::place).thenComparing(Rank::digest);

    @Override
    public int compareTo(Rank other) {
      return ORDER.compare(this, other);
    }
  }

  private final Map<ExampleKind, TreeMap<Rank, Example>> candidates =
      new EnumMap<>(ExampleKind.class);

  ExampleChoice() {
    for (ExampleKind kind : ExampleKind.values()) {
      candidates.put(kind, new TreeMap<>());
    }
  }

  void add(CritiquedRollout row) {
    String digest = Digests.ofBytes(row.getRolloutId().getBytes(StandardCharsets.UTF_8));
    for (ExampleKind kind : ExampleKind.values()) {
      if (kind.fits(row)) {
        offer(candidates.get(kind), new Rank(kind.place(row), digest), row);
      }
    }
  }

  private static void offer(NavigableMap<Rank, Example> best, Rank rank, CritiquedRollout row) {
    if (best.size() < WANTED || rank.compareTo(best.lastKey()) < 0) {
      best.put(rank, Example.of(row));
      if (best.size() > WANTED) {
        best.pollLastEntry();
      }
    }
  }

  /** Ten, or all rows where there are fewer, by kind; a row once. */
  Map<ExampleKind, List<Example>> chosen() {
    Map<ExampleKind, List<Example>> chosen = new EnumMap<>(ExampleKind.class);
    Set<String> taken = new HashSet<>();
    for (ExampleKind kind : ExampleKind.values()) {
      chosen.put(kind, new ArrayList<>());
      take(kind, kind.wanted(), chosen, taken);
    }
    for (ExampleKind kind : ExampleKind.values()) {
      take(kind, WANTED - taken.size(), chosen, taken);
    }
    return chosen;
  }

  private void take(
      ExampleKind kind, int wanted, Map<ExampleKind, List<Example>> chosen, Set<String> taken) {
    int missing = wanted;
    for (Example example : candidates.get(kind).values()) {
      if (missing > 0 && taken.add(example.rolloutId())) {
        chosen.get(kind).add(example);
        missing--;
      }
    }
  }
}

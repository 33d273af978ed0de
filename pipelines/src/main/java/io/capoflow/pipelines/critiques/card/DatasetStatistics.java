package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.VoteCount;
import io.capoflow.transforms.describe.RolloutDescription;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the rows of a critique dataset come to: all that its card says in figures. Rows may come in
 * any order, which changes no digit. Memory grows with the distinct problems, by 16 bytes each, and
 * with the distinct sources, critics and lengths, but not with the rows. For one thread.
 */
public final class DatasetStatistics {
  private final ContentFigures content = new ContentFigures();
  private final TreeMap<String, CriticFigures> critics = new TreeMap<>();
  private final DetectionFigures detection = new DetectionFigures();
  private final ProcessBenchFigures processBench = new ProcessBenchFigures();
  private final ExampleChoice examples = new ExampleChoice();

  /** Begins without a row. */
  public DatasetStatistics() {
    critics.put(RolloutDescription.ALL_CRITICS, new CriticFigures());
  }

  /** Adds a row. */
  public void add(CritiquedRollout row) {
    content.add(row);
    TreeMap<String, List<StepCritique>> byCritic = new TreeMap<>();
    byCritic.put(RolloutDescription.ALL_CRITICS, row.getCritiques());
    for (StepCritique critique : row.getCritiques()) {
      byCritic.computeIfAbsent(critique.getCritic(), critic -> new ArrayList<>()).add(critique);
    }
    byCritic.forEach((critic, critiques) -> critic(critic).add(row, critiques));
    for (VoteCount count : row.getVotes()) {
      critic(count.getCritic()).add(count);
    }
    detection.add(row);
    processBench.add(row, byCritic);
    examples.add(row);
  }

  private CriticFigures critic(String critic) {
    return critics.computeIfAbsent(critic, key -> new CriticFigures());
  }

  /** Rows that were added. */
  public long rows() {
    return content.rows();
  }

  /** Time that all critiques took, added up, in milliseconds: in no card, since it is volatile. */
  public long millis() {
    return critics.get(RolloutDescription.ALL_CRITICS).millis();
  }

  /**
   * Of the tokens read for all critiques, those that a server had read before: in no card, since it
   * is volatile.
   */
  public long cachedTokens() {
    return critics.get(RolloutDescription.ALL_CRITICS).cachedTokens();
  }

  ContentFigures content() {
    return content;
  }

  /** By critic; those of all critics too. */
  SortedMap<String, CriticFigures> critics() {
    return Collections.unmodifiableSortedMap(critics);
  }

  CriticFigures allCritics() {
    return critics.get(RolloutDescription.ALL_CRITICS);
  }

  /** More than one critic took part, so that each has lines of its own. */
  boolean severalCritics() {
    return critics.size() > 2;
  }

  DetectionFigures detection() {
    return detection;
  }

  ProcessBenchFigures processBench() {
    return processBench;
  }

  ExampleChoice examples() {
    return examples;
  }
}

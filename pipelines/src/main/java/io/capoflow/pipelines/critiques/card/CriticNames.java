package io.capoflow.pipelines.critiques.card;

import io.capoflow.transforms.describe.RolloutDescription;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How a card names critics: those of the recipes in their order, then others that rows name, all of
 * them together last. No two have the same name. Immutable.
 */
final class CriticNames {
  private static final String ALL = "all critics";

  private final Map<String, String> names;

  private CriticNames(Map<String, String> names) {
    this.names = names;
  }

  static CriticNames of(CardFacts facts, DatasetStatistics statistics) {
    Map<String, String> wanted = new LinkedHashMap<>();
    facts.critics().forEach(critic -> wanted.put(critic.critic(), critic.name()));
    statistics.critics().keySet().forEach(critic -> wanted.putIfAbsent(critic, critic));
    wanted.remove(RolloutDescription.ALL_CRITICS);
    Map<String, String> names = new LinkedHashMap<>();
    Set<String> taken = new HashSet<>(Set.of(ALL));
    wanted.forEach(
        (critic, name) -> {
          String visible = Markdown.visible(name);
          String distinct = visible;
          for (int i = 2; !taken.add(distinct); i++) {
            distinct = "%s (%d)".formatted(visible, i);
          }
          names.put(critic, distinct);
        });
    names.put(RolloutDescription.ALL_CRITICS, ALL);
    return new CriticNames(names);
  }

  /** As the card names the critic. */
  String of(String critic) {
    return names.get(critic);
  }

  /** The same as Markdown. */
  String cell(String critic) {
    return critic.equals(RolloutDescription.ALL_CRITICS) ? ALL : Markdown.name(of(critic));
  }

  /**
   * Those that have lines of their own in the card's tables: each critic that rows name and all
   * together, or all together alone where there is one critic.
   */
  List<String> shown(DatasetStatistics statistics) {
    if (!statistics.severalCritics()) {
      return List.of(RolloutDescription.ALL_CRITICS);
    }
    Set<String> shown = new LinkedHashSet<>(names.keySet());
    shown.retainAll(statistics.critics().keySet());
    return new ArrayList<>(shown);
  }
}

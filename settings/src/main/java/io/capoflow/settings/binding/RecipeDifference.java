package io.capoflow.settings.binding;

import io.capoflow.schemas.UserMistake;
import java.util.ArrayList;
import java.util.List;

/**
 * What a recipe would change on a run that already exists.
 *
 * @param changedContent content keys whose values differ: these are refused
 * @param shrunkIterations keys that may only grow, and would shrink: these are refused
 */
public record RecipeDifference(List<Change> changedContent, List<Change> shrunkIterations) {
  public RecipeDifference {
    changedContent = List.copyOf(changedContent);
    shrunkIterations = List.copyOf(shrunkIterations);
  }

  /** One key, with its values as YAML writes them. */
  public record Change(String key, String existing, String wanted) {
    @Override
    public String toString() {
      return key + ": " + existing + " -> " + wanted;
    }
  }

  /** Compares the recipe of an existing run with the one now asked for. */
  public static <R extends Record> RecipeDifference between(
      BoundRecipe<R> existing, BoundRecipe<R> wanted) {
    List<Change> content = new ArrayList<>();
    existing
        .values(KeyKind.CONTENT)
        .forEach(
            (key, value) -> {
              String now = wanted.values().get(key);
              if (!value.equals(now)) {
                content.add(new Change(key, value, now));
              }
            });
    List<Change> iterations = new ArrayList<>();
    existing
        .values(KeyKind.ITERATIONS)
        .forEach(
            (key, value) -> {
              String now = wanted.values().get(key);
              if (Long.parseLong(now) < Long.parseLong(value)) {
                iterations.add(new Change(key, value, now));
              }
            });
    return new RecipeDifference(content, iterations);
  }

  /** Whether the run may go on with the recipe now asked for. */
  public boolean compatible() {
    return changedContent.isEmpty() && shrunkIterations.isEmpty();
  }

  /**
   * Refuses what an existing run cannot take.
   *
   * @param run how the error names the run
   * @throws UserMistake one line with every refused change, old value to new
   */
  public void requireCompatible(String run) {
    if (compatible()) {
      return;
    }
    List<String> parts = new ArrayList<>();
    if (!changedContent.isEmpty()) {
      parts.add(
          "was started with other settings ("
              + String.join("; ", changedContent.stream().map(Change::toString).toList())
              + ")");
    }
    if (!shrunkIterations.isEmpty()) {
      parts.add(
          "cannot be shortened ("
              + String.join("; ", shrunkIterations.stream().map(Change::toString).toList())
              + ")");
    }
    throw new UserMistake(
        run
            + ": "
            + String.join(", and ", parts)
            + "; restore them to go on, or name a new directory with --run");
  }
}

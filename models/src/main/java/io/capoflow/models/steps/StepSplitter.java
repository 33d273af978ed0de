package io.capoflow.models.steps;

import java.util.List;

/**
 * Divides a response into steps. Implementations are found by {@link #name} through {@link
 * java.util.ServiceLoader}.
 *
 * <p>Pure and thread-safe: the same text always gives the same steps, ordered, not overlapping,
 * numbered from 0, none empty or blank.
 */
public interface StepSplitter {
  /** As a recipe names it. */
  String name();

  List<Step> split(String response);
}

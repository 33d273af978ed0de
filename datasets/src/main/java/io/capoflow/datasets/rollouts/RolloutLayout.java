package io.capoflow.datasets.rollouts;

import io.capoflow.schemas.GivenRollout;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A layout in which rollouts are published. Implementations are stateless and thread-safe.
 * docs/rollout-layouts.md shows all of them to users.
 */
interface RolloutLayout {
  /** All layouts. The first whose columns a row has is the one that it is read in. */
  List<RolloutLayout> IN_ORDER =
      List.of(
          new GivenRolloutLayout(),
          new OwnRolloutLayout(),
          new Prm800kLayout(),
          new ProcessBenchLayout(),
          new FirstMistakeLayout(),
          new StepsLayout(),
          new VerlLayout(),
          new TrlLayout(),
          new ResponseLayout());

  /** As the column {@code layout} says. */
  String name();

  /** The columns that make a row one of this layout, for people. */
  String columns();

  boolean matches(RowColumns row);

  /**
   * Reads a row, without file, line and ids.
   *
   * @throws BadRolloutException when it cannot be used
   */
  GivenRollout read(RowColumns row) throws BadRolloutException;

  /** The first layout whose columns the row has. */
  static Optional<RolloutLayout> of(RowColumns row) {
    return IN_ORDER.stream().filter(layout -> layout.matches(row)).findFirst();
  }

  /** The columns of each layout, for people. */
  static String allColumns() {
    return IN_ORDER.stream().map(RolloutLayout::columns).collect(Collectors.joining("; or "));
  }
}

package io.capoflow.datasets.rollouts;

import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.RejectedRow;
import io.capoflow.schemas.SourceColumn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** All that an intake gives. */
final class Taken implements RolloutIntake.Rows {
  final List<GivenRollout> rows = new ArrayList<>();
  final List<RejectedRow> rejected = new ArrayList<>();
  private final int most;

  private Taken(int most) {
    this.most = most;
  }

  static Taken from(Path... files) {
    return from(Optional.empty(), Integer.MAX_VALUE, files);
  }

  static Taken from(Optional<KnownProblems> problems, int most, Path... files) {
    Taken taken = new Taken(most);
    new RolloutIntake(problems).read(List.of(files), taken, (file, rows) -> {});
    return taken;
  }

  @Override
  public boolean take(GivenRollout rollout) {
    rows.add(rollout);
    return rows.size() < most;
  }

  @Override
  public void reject(RejectedRow row) {
    rejected.add(row);
  }

  GivenRollout only() {
    if (rows.size() != 1 || !rejected.isEmpty()) {
      throw new AssertionError("rows " + rows + ", rejected " + rejected);
    }
    return rows.get(0);
  }

  /** The one row, whatever was rejected. */
  GivenRollout single() {
    if (rows.size() != 1) {
      throw new AssertionError("rows " + rows);
    }
    return rows.get(0);
  }

  /** Line, reason and detail of each rejected row. */
  List<String> faults() {
    return rejected.stream()
        .map(row -> row.getLine() + " " + row.getReason() + " " + row.getDetail())
        .toList();
  }

  /** The texts that the given steps' spans cut out of the response. */
  static List<String> steps(GivenRollout row) {
    int[] text = row.getRollout().getResponse().codePoints().toArray();
    return row.getRollout().getGivenSteps().stream()
        .map(span -> new String(text, span.getCharStart(), span.getCharEnd() - span.getCharStart()))
        .toList();
  }

  /** Each column as {@code name=value}. */
  static List<String> columns(GivenRollout row) {
    return row.getColumns().stream()
        .map((SourceColumn column) -> column.getName() + "=" + column.getValue())
        .collect(Collectors.toList());
  }
}

package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Locations;
import io.capoflow.schemas.Problem;
import java.io.Serializable;
import java.lang.ref.SoftReference;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Problems by their rows in a file that a run keeps and nothing rewrites: numbers travel in a job's
 * graph in their place, and a worker reads the file once. Immutable and thread-safe.
 */
public final class ProblemRows implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What this process has read, for as long as it has room. */
  private static final Map<String, SoftReference<Read>> KNOWN = new ConcurrentHashMap<>();

  private final String file;
  private final int[] rows;

  /** What a file held. */
  private record Read(Optional<FileMark> file, List<Problem> problems) {}

  private ProblemRows(Path file, int[] rows) {
    this.file = requireNonNull(file, "file").toString();
    this.rows = rows;
  }

  /**
   * Names problems of a file.
   *
   * @param problems in any order
   * @throws IllegalArgumentException when the file does not hold one of them
   * @throws io.capoflow.schemas.UserMistake when the file cannot be read
   */
  public static ProblemRows of(Path file, List<Problem> problems) {
    Map<String, Integer> rowOf = new HashMap<>();
    for (Problem kept : kept(file)) {
      rowOf.put(kept.getProblemId(), rowOf.size());
    }
    int[] rows =
        problems.stream()
            .map(Problem::getProblemId)
            .mapToInt(
                id ->
                    Optional.ofNullable(rowOf.get(id))
                        .orElseThrow(
                            () ->
                                new IllegalArgumentException(
                                    "%s holds no problem %s".formatted(file, id))))
            .toArray();
    return new ProblemRows(file, rows);
  }

  /** The file that holds them. */
  Path file() {
    return Locations.of(file);
  }

  /** How many there are. */
  public int count() {
    return rows.length;
  }

  /**
   * The problems at {@code [from, to)}, or up to the last, in their order.
   *
   * @throws io.capoflow.schemas.UserMistake when the file cannot be read
   */
  List<Problem> read(int from, int to) {
    List<Problem> kept = kept(file());
    return IntStream.range(from, Math.min(to, rows.length))
        .mapToObj(position -> kept.get(rows[position]))
        .toList();
  }

  private static List<Problem> kept(Path file) {
    Optional<FileMark> now = FileMark.of(file);
    Read known =
        Optional.ofNullable(KNOWN.get(file.toString())).map(SoftReference::get).orElse(null);
    if (known == null || now.isEmpty() || !known.file().equals(now)) {
      known = new Read(now, List.copyOf(KeptFile.read(file, Problem.class)));
      KNOWN.put(file.toString(), new SoftReference<>(known));
    }
    return known.problems();
  }
}

package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.datasets.rollouts.KnownProblems;
import io.capoflow.datasets.rollouts.RolloutIntake;
import io.capoflow.schemas.DigestSet;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.RejectedRow;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.ParquetRows;
import io.capoflow.transforms.storage.Trees;
import io.capoflow.transforms.storage.WriteFailures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads rollouts into a folder where a dataflow finds them, in flat memory: those that are new,
 * each once, and apart from them the rows that cannot be used. For one thread.
 */
final class Arrivals implements RolloutIntake.Rows {
  private static final int ROWS_A_FILE = 4_096;
  private static final String REFUSED = "refused";

  // What is counted of each file.
  private static final int NEW = 0;
  private static final int REPEATED = 1;
  private static final int BAD = 2;

  static {
    RecordClasses.trust();
  }

  private final Path folder;
  private final DigestSet known;
  private final RolloutSources sources;
  private final Map<String, long[]> counts = new LinkedHashMap<>();
  private final Rejections rejected;
  private final Consumer<GivenRollout> each;
  private final List<GivenRollout> batch = new ArrayList<>();
  private final boolean kept;
  private final long there;
  private int files;
  private long rows;
  private long repeated;
  private long missingProblems;

  /**
   * Arrivals of sources.
   *
   * @param folder where rollouts are put; empty where they are only counted
   * @param known rows that the dataset has, by their digests; the new ones are added
   * @param there how many these are
   * @param each is given every new rollout
   */
  Arrivals(
      Optional<Path> folder,
      DigestSet known,
      long there,
      RolloutSources sources,
      Consumer<GivenRollout> each) {
    this.there = there;
    this.kept = folder.isPresent();
    this.rejected = new Rejections(folder);
    this.folder = folder.orElse(Path.of(""));
    this.known = requireNonNull(known, "known");
    this.sources = requireNonNull(sources, "sources");
    this.each = requireNonNull(each, "each");
  }

  /** The rows that a dataset has. */
  static DigestSet known(DatasetDirectory directory) {
    DigestSet known = new DigestSet();
    directory.rollouts().forEachCommit(commit -> commit.rowDigests().forEach(known::add));
    return known;
  }

  /**
   * Reads the sources.
   *
   * @throws UserMistake when one cannot be read, or too many of its rows cannot be used
   */
  void read(DatasetObserver observer) {
    if (kept) {
      Trees.delete(folder);
      create(folder);
    }
    Optional<KnownProblems> problems = sources.problems().map(KnownProblems::read);
    for (Path file : sources.files()) {
      counts.put(file.toString(), new long[3]);
    }
    new RolloutIntake(problems)
        .read(
            sources.files(),
            this,
            (file, read) ->
                observer.progress("read", rows, Math.max(rows, 1), "new rollouts", read + " rows"));
    flush();
    missingProblems = problems.map(KnownProblems::missing).orElse(0L);
  }

  @Override
  public boolean take(GivenRollout rollout) {
    if (isFull()) {
      return false;
    }
    boolean isNew = known.add(Digests.ofRow(rollout));
    count(rollout.getSourceFile(), isNew ? NEW : REPEATED);
    if (isNew) {
      rows++;
      each.accept(rollout);
      if (kept) {
        batch.add(withPlainFile(rollout));
        if (batch.size() == ROWS_A_FILE) {
          flush();
        }
      }
    } else {
      repeated++;
    }
    return !isFull();
  }

  private boolean isFull() {
    return sources.limit().isPresent() && there + rows >= sources.limit().getAsLong();
  }

  /** A dataset may be published, and in which folder the file lay is nobody's business then. */
  private static GivenRollout withPlainFile(GivenRollout rollout) {
    String name = String.valueOf(Path.of(rollout.getSourceFile()).getFileName());
    return GivenRollout.newBuilder(rollout).setSourceFile(name).build();
  }

  @Override
  public void reject(RejectedRow row) {
    count(row.getFile(), BAD);
    rejected.add(row);
  }

  private void count(String file, int what) {
    counts.computeIfAbsent(file, name -> new long[3])[what]++;
  }

  private void flush() {
    if (!batch.isEmpty()) {
      Path file = folder.resolve(String.format(Locale.ROOT, "rows-%05d.parquet", files++));
      ParquetRows.replace(file, GivenRollout.class, batch);
      batch.clear();
    }
  }

  /** New rollouts. */
  long rows() {
    return rows;
  }

  /** Rows that were there already. */
  long repeated() {
    return repeated;
  }

  /** What was read, in words. */
  String summary() {
    StringBuilder line = new StringBuilder(counted(rows, "new rollout"));
    if (repeated > 0) {
      line.append(", ").append(repeated).append(" that the dataset has already");
    }
    if (missingProblems > 0) {
      line.append(", ")
          .append(missingProblems)
          .append(" whose problem is not in the file of problems");
    }
    rejected
        .first()
        .ifPresent(
            first ->
                line.append(", ")
                    .append(counted(rejected.count(), "row"))
                    .append(" that cannot be used; the first, ")
                    .append(first.getFile())
                    .append(':')
                    .append(first.getLine())
                    .append(": ")
                    .append(first.getDetail()));
    return line.toString();
  }

  private static String counted(long count, String what) {
    return count + " " + what + (count == 1 ? "" : "s");
  }

  /** What each file gave. */
  List<Addition.Source> bySource() {
    List<Addition.Source> all = new ArrayList<>();
    counts.forEach(
        (name, count) -> {
          Path file = Path.of(name);
          all.add(
              new Addition.Source(
                  String.valueOf(file.getFileName()),
                  sha256(file),
                  count[NEW],
                  count[REPEATED],
                  count[BAD]));
        });
    return all;
  }

  private static String sha256(Path file) {
    try {
      return Digests.ofFile(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /**
   * Refuses rows of which too many cannot be used; they are then in files of their own.
   *
   * @param table where they go
   * @throws UserMistake with the first of them
   */
  void requireUsable(Path table) {
    long read = rows + repeated + rejected.count();
    if (rejected.count() <= sources.maxRejectedShare() * read) {
      return;
    }
    rejected.moveTo(table, REFUSED);
    if (kept) {
      Trees.delete(folder);
    }
    RejectedRow first = rejected.first().orElseThrow();
    throw new UserMistake(
        "%d of %d rows cannot be used, more than --max-rejected-share %s allows; the first, %s:%d: %s; all are in %s/%s-*.parquet, with line and reason"
            .formatted(
                rejected.count(),
                read,
                BigDecimal.valueOf(sources.maxRejectedShare()).stripTrailingZeros().toPlainString(),
                first.getFile(),
                first.getLine(),
                first.getDetail(),
                table,
                REFUSED));
  }

  /**
   * Puts the rows that cannot be used into a table, and takes those out of it that were refused
   * before.
   *
   * @param name that their files begin with
   */
  void keepRejected(Path table, String name) {
    rejected.moveTo(table, name);
    Rejections.delete(table, REFUSED);
  }

  private static void create(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw WriteFailures.of(folder, e);
    }
  }
}

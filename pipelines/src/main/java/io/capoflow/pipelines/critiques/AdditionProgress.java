package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.critics.CriticProgress;
import io.capoflow.pipelines.critics.Durations;
import java.util.Locale;

/** How far the critiques of one addition have come, by what is committed. For one thread. */
final class AdditionProgress {
  private static final double NANOS = 1e9;

  private final DatasetDirectory directory;
  private final Addition addition;
  private final Edition edition;
  private final CriticProgress critics;
  private final long startNanos = System.nanoTime();
  private final long shardsAtStart;
  private String told = "";

  AdditionProgress(
      DatasetDirectory directory, Addition addition, Edition edition, CriticProgress critics) {
    this.directory = requireNonNull(directory, "directory");
    this.addition = requireNonNull(addition, "addition");
    this.edition = requireNonNull(edition, "edition");
    this.critics = requireNonNull(critics, "critics");
    this.shardsAtStart = critiquedShards();
  }

  void tell(DatasetObserver observer) {
    long shards = (long) addition.shards() * edition.critics().size();
    long done = critiquedShards();
    if (done < shards) {
      String note = critics.look();
      tell(observer, "critique", done, shards, note.isEmpty() ? rate(done, shards) : note);
    } else {
      int parts = directory.dataset(edition).committed() - addition.firstPart();
      tell(observer, "describe", Math.max(0, parts), addition.parts(), "");
    }
  }

  private long critiquedShards() {
    return edition.critics().stream()
        .mapToLong(critic -> directory.critiques(critic).committed() - addition.firstShard())
        .map(shards -> Math.max(0, shards))
        .sum();
  }

  /** As fast as shards were committed since the start. */
  private String rate(long done, long shards) {
    double seconds = (System.nanoTime() - startNanos) / NANOS;
    long committed = done - shardsAtStart;
    if (committed == 0 || seconds == 0) {
      return "";
    }
    double rollouts = (double) addition.rows() / shards * committed / seconds;
    return String.format(
        Locale.ROOT,
        "%s left, %.1f rollouts/s",
        Durations.text(seconds / committed * (shards - done)),
        rollouts);
  }

  private void tell(DatasetObserver observer, String stage, long done, long total, String note) {
    String now = stage + done + note;
    if (!now.equals(told)) {
      told = now;
      observer.progress(stage, done, total, "shards", note);
    }
  }
}

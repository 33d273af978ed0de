package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.ServerCriticSpec;
import io.capoflow.pipelines.critics.CriticProgress;
import io.capoflow.pipelines.critics.Durations;
import io.capoflow.pipelines.critiques.Edition.EditionCritic;
import java.util.List;
import java.util.Locale;

/** How far the critiques of one addition have come, by what is committed. For one thread. */
final class AdditionProgress {
  private static final double NANOS = 1e9;

  private final DatasetDirectory directory;
  private final Addition addition;
  private final Edition edition;
  private final CriticProgress critics;
  private final long startNanos = System.nanoTime();
  private final List<Integer> shardsAtStart;
  private String told = "";

  AdditionProgress(
      DatasetDirectory directory, Addition addition, Edition edition, CriticProgress critics) {
    this.directory = requireNonNull(directory, "directory");
    this.addition = requireNonNull(addition, "addition");
    this.edition = requireNonNull(edition, "edition");
    this.critics = requireNonNull(critics, "critics");
    this.shardsAtStart = critiquedShards();
    // Of an addition that is gone on with, what is committed is asked for no more.
    critics.start(servedCritiques());
  }

  private long servedCritiques() {
    long critiques = 0;
    for (int i = 0; i < edition.critics().size(); i++) {
      EditionCritic critic = edition.critics().get(i);
      if (critic.source() instanceof ServerCriticSpec) {
        critiques += missing(addition, shardsAtStart.get(i)) * critic.times();
      }
    }
    return critiques;
  }

  /**
   * How many rollouts a critic is still to see, as if every shard held as many as the others.
   *
   * @param critiqued shards of the addition that are committed
   */
  static long missing(Addition addition, int critiqued) {
    return addition.rows() * (addition.shards() - critiqued) / addition.shards();
  }

  void tell(DatasetObserver observer) {
    long shards = (long) addition.shards() * edition.critics().size();
    long done = sum(critiquedShards());
    if (done < shards) {
      String note = critics.look();
      if (note.isEmpty()) {
        double seconds = (System.nanoTime() - startNanos) / NANOS;
        double rollouts = (double) addition.rows() / shards;
        note = pace(done - sum(shardsAtStart), shards - done, rollouts, seconds);
      }
      tell(observer, "critique", done, shards, note);
    } else {
      int parts = directory.dataset(edition).committed() - addition.firstPart();
      tell(observer, "describe", Math.max(0, parts), addition.parts(), "");
    }
  }

  /** Of each critic. */
  private List<Integer> critiquedShards() {
    return edition.critics().stream()
        .map(critic -> ofAddition(addition, directory.critiques(critic).committed()))
        .toList();
  }

  /**
   * How many of an addition's shards are critiqued. A critic of an earlier edition may have come
   * further than this addition.
   *
   * @param committed shards of the critic's whole table
   */
  static int ofAddition(Addition addition, int committed) {
    return Math.max(0, Math.min(addition.shards(), committed - addition.firstShard()));
  }

  private static long sum(List<Integer> shards) {
    return shards.stream().mapToLong(each -> each).sum();
  }

  /**
   * The time left and the rate, as fast as shards were committed since the start; empty where none
   * was.
   *
   * @param rollouts in a shard, shared out among the critics
   * @param seconds since the start
   */
  static String pace(long committed, long left, double rollouts, double seconds) {
    if (committed == 0 || seconds <= 0) {
      return "";
    }
    return String.format(
        Locale.ROOT,
        "%s left, %.1f rollouts/s",
        Durations.text(seconds / committed * left),
        rollouts * committed / seconds);
  }

  private void tell(DatasetObserver observer, String stage, long done, long total, String note) {
    String now = stage + done + note;
    if (!now.equals(told)) {
      told = now;
      observer.progress(stage, done, total, "shards", note);
    }
  }
}
